# The processes, and who is told when they do badly.

module "services" {
  source = "../services"

  permissions_boundary_arn = var.permissions_boundary_arn
  runtime_monitoring       = var.runtime_monitoring

  environment = var.environment
  topology    = var.topology
  sizes       = var.figures.tasks
  image = {
    repository     = "${local.account}.dkr.ecr.${local.region}.amazonaws.com/${local.registry}"
    repository_arn = "arn:${data.aws_partition.current.partition}:ecr:${local.region}:${local.account}:repository/${local.registry}"
    digest         = var.image_digest
  }
  sidecar_images       = var.sidecar_images
  architecture         = var.figures.architecture
  stop_timeout_seconds = var.figures.stop_timeout_seconds
  spot                 = var.figures.spot
  container_insights   = var.figures.container_insights

  network = { vpc_id = module.network.vpc_id, cidr = module.network.cidr, subnet_ids = module.network.private_subnet_ids }
  load_balancer = {
    security_group_id   = module.load_balancer.security_group_id
    production_rule_arn = module.load_balancer.production_rule_arn
    test_rule_arn       = module.load_balancer.test_rule_arn
    target_groups       = module.load_balancer.target_groups
  }
  release         = var.release
  rollback_alarms = module.monitoring.rollback_alarms

  table_name      = var.table
  bucket_names    = local.buckets
  failover_suffix = var.suffix
  other_region    = var.replica_region
  control_table = local.of_two ? {
    name    = "${local.tables["control"].name}-${var.environment}"
    regions = local.tables["control"].regions
  } : null

  logs        = var.figures.logs
  tracing     = var.figures.tracing
  trace_share = var.figures.trace_share
  log_key_arn = local.managed ? var.keys.arns["logs"] : null
  key_aliases = local.managed ? { for name in ["table", "buckets", "secrets"] : name => var.keys.aliases[name] } : {}
  secrets     = { source = var.figures.secrets, prefix = "bbws-orders/${var.environment}" }
  rate_limit  = var.figures.rate_limit

  mail = {
    identity          = module.mail.identity_name
    from              = var.figures.mail.from
    configuration_set = var.figures.mail.configuration_set
    per_second        = var.figures.mail.per_second
    per_day           = var.figures.mail.per_day
  }
  staff_address_fallback = var.services.staff_address_fallback

  auth            = var.auth
  service_clients = var.callers.service_clients
  cors_origins    = var.callers.cors_origins
  order_senders   = var.callers.order_senders
  services        = { product_api = var.services.product_api, campaigns_api = var.services.campaigns_api }
  people          = var.people
  drill           = var.drill
  mfa             = var.figures.mfa
}

module "monitoring" {
  source = "../monitoring"

  environment = var.environment
  alarms      = var.figures.alarms
  dashboards  = var.figures.dashboards

  availability_target = var.figures.availability_target

  topics      = { alerts = module.events.topics["alerts"], pages = module.events.topics["pages"] }
  recipients  = var.recipients
  queue_names = { for queue in var.topology.queues : queue.worker => "${queue.name}-${var.environment}" }
  dead_letter_queue_names = merge(
    { for queue in var.topology.queues : queue.worker => "${queue.name}-dlq-${var.environment}" },
    { for rule in var.topology.rules : "rule:${rule.name}" => "${rule.dead_letter_queue}-${var.environment}" },
  )
  bus_name   = "${var.topology.bus.name}-${var.environment}"
  rule_names = [for rule in var.topology.rules : "${rule.name}-${var.environment}"]
  table = {
    name           = local.table
    indexes        = [for index in local.tables["orders"].indexes : index.name]
    replica_region = var.replica_region
  }
  load_balancer = module.load_balancer.arn_suffix
  revision      = var.image_digest
  rollback_when = var.figures.rollback_when

  scale_out_policy_arn = module.services.crowd_policy_arn
  second_region        = local.of_two
  replicated_buckets = local.of_two ? {
    for key, name in local.buckets : key => {
      source = name, destination = "${trimsuffix(name, var.suffix)}${var.suffix == "" ? "-dr" : ""}", rule = "everything"
    }
  } : {}
  replication_minutes = coalesce(var.figures.buckets.replication_minutes, 15)
}
