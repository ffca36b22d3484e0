# The process and its sidecars. Sidecars have fixed limits; the process has the rest of the task.
locals {
  router_memory    = 96
  collector_memory = var.collector == null ? 0 : 128
  process_memory   = var.size.memory_mib - local.router_memory - local.collector_memory

  sidecar_logs = {
    logDriver = "awslogs"
    options = {
      "awslogs-group"         = var.log_groups.sidecars
      "awslogs-region"        = local.region
      "awslogs-stream-prefix" = var.role
      # A sidecar that can't be rid of its own logs must not stop.
      "mode"            = "non-blocking"
      "max-buffer-size" = "1m"
    }
  }

  telemetry = var.collector == null ? {} : {
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    OTEL_SERVICE_NAME           = "bbws-orders-${var.role}"
    # Whoever starts a trace decides for all of it: a share of orders is kept, each whole.
    OTEL_TRACES_SAMPLER     = "parentbased_traceidratio"
    OTEL_TRACES_SAMPLER_ARG = tostring(var.collector.trace_share)
  }

  # ECS takes no notice of the image's own.
  health_check = var.health_check ? {
    healthCheck = {
      command     = ["CMD", "orders", "health", "--port", "8081"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
  } : {}

  process = merge(local.health_check, {
    name      = "orders"
    image     = var.image
    essential = true
    command   = var.command
    memory    = local.process_memory
    user      = "10001:10001"

    environment = [for name, value in merge(var.settings, local.telemetry) : { name = name, value = value }]
    secrets     = [for name, arn in var.secrets : { name = name, valueFrom = arn }]

    portMappings = var.container_port == null ? [] : [{ containerPort = var.container_port, hostPort = var.container_port, protocol = "tcp" }]

    stopTimeout            = var.stop_timeout_seconds
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] }, initProcessEnabled = true }
    mountPoints            = []
    volumesFrom            = []
    # ECS stops containers in the reverse order: both sidecars take what the process says last. START is the weakest
    # condition there is: the collector has to have begun, not to be well, and may end while the process runs.
    dependsOn        = [for name in concat([local.router.name], local.collector[*].name) : { containerName = name, condition = "START" }]
    logConfiguration = { logDriver = "awsfirelens", options = {} }
  })

  # Sorts audit records from logs, and keeps both on a volume until CloudWatch has them: the router may crash and is
  # started again in its place, and finds there what it had not delivered.
  router = {
    name      = "log-router"
    image     = var.log_router.image
    essential = true
    memory    = local.router_memory
    user      = "0"

    environment = [
      { name = "aws_fluent_bit_init_s3_1", value = var.log_router.configuration_arn },
      { name = "LOG_GROUP", value = var.log_groups.process },
      { name = "AUDIT_LOG_GROUP", value = var.log_groups.audit },
      { name = "LOG_STREAM_PREFIX", value = "${var.role}/" },
    ]

    firelensConfiguration = { type = "fluentbit", options = { "enable-ecs-log-metadata" = "true" } }
    restartPolicy         = { enabled = true, ignoredExitCodes = [], restartAttemptPeriod = 60 }
    # After the process: its last lines are of interest.
    stopTimeout = min(120, var.stop_timeout_seconds + 30)
    # Its start-up script writes the configuration that it fetched below /init.
    readonlyRootFilesystem = false
    privileged             = false
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] }, initProcessEnabled = true }
    mountPoints            = [{ sourceVolume = "log-buffer", containerPath = "/buffer", readOnly = false }]
    logConfiguration       = local.sidecar_logs
  }

  collector = var.collector == null ? [] : [{
    name      = "collector"
    image     = var.collector.image
    essential = false
    memory    = local.collector_memory

    environment = [
      { name = "AOT_CONFIG_CONTENT", value = var.collector.configuration },
      { name = "METRICS_LOG_GROUP", value = var.log_groups.metrics },
      { name = "METRICS_NAMESPACE", value = var.metrics_namespace },
      { name = "GOMEMLIMIT", value = "100MiB" },
    ]

    restartPolicy          = { enabled = true, ignoredExitCodes = [], restartAttemptPeriod = 60 }
    stopTimeout            = min(120, var.stop_timeout_seconds + 30)
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] }, initProcessEnabled = true }
    logConfiguration       = local.sidecar_logs
  }]
}
