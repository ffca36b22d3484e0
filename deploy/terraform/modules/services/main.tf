data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region     = data.aws_region.current.region
  table_name = coalesce(var.table_name, "${one([for table in var.topology.tables : table.name if table.key == "orders"])}-${var.environment}")
}

module "roles" {
  source = "../roles"

  permissions_boundary_arn = var.permissions_boundary_arn
  runtime_monitoring       = var.runtime_monitoring

  environment   = var.environment
  topology      = var.topology
  table_name    = local.table_name
  control_table = var.control_table
  bucket_names  = merge(var.bucket_names, { configuration = local.configuration_bucket })
  other_region  = var.other_region
  # As src/orders/bootstrap/resources/names.py derives it.
  other_documents_bucket = var.other_region == null ? null : (
    var.failover_suffix == "" ? "${var.bucket_names.orders}-dr" : trimsuffix(var.bucket_names.orders, var.failover_suffix)
  )
  mail = {
    identity          = var.mail.identity
    from_address      = var.mail.from
    configuration_set = var.mail.configuration_set
  }
  secrets = {
    for role in concat(local.roles, ["key-rotation"]) : role => {
      read       = lookup(local.read_secrets, role, [])
      parameters = values(lookup(local.parameters, role, {}))
    }
  }
  secret_prefix  = var.secrets.prefix
  key_aliases    = var.key_aliases
  repository_arn = var.image.repository_arn
  people         = var.people
  drill          = var.drill
  mfa            = var.mfa
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:insights are a figure of the environment: on in sit and prod
  name = "bbws-orders-${var.environment}"

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enhanced" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

module "task" {
  source   = "../ecs_task"
  for_each = toset(concat(local.roles, local.scheduled))

  environment = var.environment
  role        = each.key
  command     = local.commands[each.key]

  image                = "${var.image.repository}@${var.image.digest}"
  architecture         = var.architecture
  size                 = { cpu = local.size[each.key].cpu, memory_mib = local.size[each.key].memory_mib }
  stop_timeout_seconds = var.stop_timeout_seconds
  container_port       = each.key == "api" ? 8080 : null
  health_check         = !contains(local.scheduled, each.key)

  settings           = merge(local.common, local.settings[each.key])
  secrets            = { for variable, name in lookup(local.parameters, each.key, {}) : variable => "${local.parameter_arn}${name}" }
  task_role_arn      = module.roles.task_role_arns[each.key]
  execution_role_arn = module.roles.execution_role_arns[each.key]

  log_groups = {
    process  = aws_cloudwatch_log_group.process[each.key].name
    audit    = aws_cloudwatch_log_group.shared["audit"].name
    sidecars = aws_cloudwatch_log_group.shared["sidecars"].name
    metrics  = aws_cloudwatch_log_group.shared["metrics"].name
  }
  log_router = {
    image             = var.sidecar_images.log_router
    configuration_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.configuration_bucket}/${aws_s3_object.log_router[local.log_router_name].key}"
  }
  collector = var.tracing ? {
    image         = var.sidecar_images.collector
    configuration = file("${path.module}/../../../sidecars/collector.yaml")
    trace_share   = var.trace_share
  } : null
}

module "service" {
  source   = "../ecs_service"
  for_each = toset(local.roles)

  environment         = var.environment
  role                = each.key
  cluster             = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
  task_definition_arn = module.task[each.key].arn
  size                = { min = local.size[each.key].min, max = local.size[each.key].max }
  spot                = var.spot && contains(local.workers, each.key)

  subnet_ids        = var.network.subnet_ids
  security_group_id = each.key == "api" ? aws_security_group.api.id : aws_security_group.workers.id

  takes_requests = each.key == "api"
  load_balancer = each.key != "api" ? null : {
    target_group_arn           = var.load_balancer.target_groups["blue"].arn
    alternate_target_group_arn = var.load_balancer.target_groups["green"].arn
    production_rule_arn        = var.load_balancer.production_rule_arn
    test_rule_arn              = var.load_balancer.test_rule_arn
    role_arn                   = module.roles.load_balancer_role_arn
  }
  release         = each.key == "api" ? var.release : null
  rollback_alarms = each.key == "api" ? var.rollback_alarms : []

  scaling = {
    cpu_percent       = contains(local.workers, each.key) && var.container_insights ? null : var.scaling.cpu_percent
    requests_per_task = each.key == "api" && var.container_insights ? var.scaling.requests_per_task : null
    messages_per_task = contains(local.workers, each.key) && var.container_insights ? var.scaling.messages_per_task : null
    queue             = lookup(local.queue_names, each.key, null)
  }

  # What tasks need from their start and no argument names: the cluster's capacity, what they may connect to, and the
  # parameter whose ARN is built from its name.
  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_ssm_parameter.order_senders,
    aws_vpc_security_group_egress_rule.tls,
    aws_vpc_security_group_ingress_rule.api,
  ]
}
