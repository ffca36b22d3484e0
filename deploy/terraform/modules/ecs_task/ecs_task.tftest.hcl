mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }
}

variables {
  environment          = "sit"
  role                 = "api"
  command              = ["api"]
  image                = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/bbws-orders@sha256:0000000000000000000000000000000000000000000000000000000000000001"
  architecture         = "ARM64"
  size                 = { cpu = 512, memory_mib = 1024 }
  settings             = { ENVIRONMENT = "sit" }
  secrets              = { CURSOR_KEYS = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:cursor-keys-abcdef" }
  task_role_arn        = "arn:aws:iam::111122223333:role/task"
  execution_role_arn   = "arn:aws:iam::111122223333:role/execution"
  log_groups           = { process = "process", audit = "audit", sidecars = "sidecars", metrics = "metrics" }
  log_router           = { image = "router", configuration_arn = "arn:aws:s3:::configuration/router.conf" }
  collector            = { image = "collector", configuration = "receivers: {}" }
  stop_timeout_seconds = 30
  container_port       = 8080
}

run "the_process_runs_as_it_must" {
  command = plan

  assert {
    condition = (
      local.process.healthCheck.command == ["CMD", "orders", "health", "--port", "8081"] &&
      local.process.stopTimeout == 30 && local.process.readonlyRootFilesystem && local.process.user == "10001:10001" &&
      local.process.linuxParameters.capabilities.drop == ["ALL"] && !local.process.privileged
    )
    error_message = "The process is asked for its health, has 30 s to stop, and no rights that it doesn't need."
  }

  assert {
    condition     = local.process.memory == 1024 - 96 - 128 && local.router.memory == 96 && local.collector[0].memory == 128
    error_message = "Containers share the task's memory."
  }

  assert {
    condition     = local.router.essential && local.router.restartPolicy.enabled && local.router.mountPoints[0].containerPath == "/buffer"
    error_message = "The log router is essential, starts again in its place, and keeps what it has to send on a volume."
  }

  assert {
    condition     = toset(local.process.dependsOn[*]) == toset([for name in ["log-router", "collector"] : { containerName = name, condition = "START" }]) && !local.collector[0].essential
    error_message = "Both sidecars begin before the process and are stopped after it; the collector's end is nobody else's."
  }

  assert {
    condition     = local.collector[0].stopTimeout > local.process.stopTimeout
    error_message = "The collector has time left to send what the process gave it last."
  }

  assert {
    condition     = contains(local.process.environment, { name = "OTEL_EXPORTER_OTLP_ENDPOINT", value = "http://127.0.0.1:4318" })
    error_message = "The process sends traces to the collector beside it."
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "The processor is the one that is asked for."
  }
}

run "without_a_collector" {
  command = plan

  variables {
    collector      = null
    container_port = null
    health_check   = false
  }

  assert {
    condition     = length(jsondecode(aws_ecs_task_definition.this.container_definitions)) == 2 && local.process.memory == 1024 - 96 && local.process.dependsOn[*].containerName == ["log-router"]
    error_message = "Nothing is traced, and the memory is the process's."
  }

  assert {
    condition     = !can(local.process.healthCheck) && length(local.process.portMappings) == 0
    error_message = "A task that ends by itself isn't asked for its health."
  }
}

run "a_tag_is_no_digest" {
  command = plan

  variables {
    image = "bbws-orders:latest"
  }

  expect_failures = [var.image]
}

run "fargate_has_no_such_size" {
  command = plan

  variables {
    size = { cpu = 256, memory_mib = 4096 }
  }

  expect_failures = [var.size]
}

run "too_short_to_stop" {
  command = plan

  variables {
    stop_timeout_seconds = 10
  }

  expect_failures = [var.stop_timeout_seconds]
}

run "no_such_processor" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}
