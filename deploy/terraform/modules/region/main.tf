data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region   = data.aws_region.current.region
  account  = data.aws_caller_identity.current.account_id
  managed  = var.keys != null
  tables   = { for table in var.topology.tables : table.key => table }
  table    = coalesce(var.table, "${local.tables["orders"].name}-${var.environment}")
  of_two   = var.replica_region != null
  buckets  = { for bucket in var.topology.buckets : bucket.key => "${bucket.name}-${var.environment}${var.suffix}" }
  registry = "bbws-orders"
}

# What the service works with.

module "queues" {
  source = "../queues"

  environment                = var.environment
  queues                     = var.topology.queues
  settings                   = var.topology.queue_settings
  retention_days             = var.figures.queue_retention_days
  dead_letter_retention_days = var.figures.dead_letter_retention_days
}

module "events" {
  source = "../events"

  environment                = var.environment
  topology                   = var.topology
  archive_days               = var.figures.archive_days
  publishers                 = var.callers.publishers
  topic_encryption           = local.managed ? "SSE-KMS" : "none"
  topic_kms_key_arn          = local.managed ? var.keys.arns["topics"] : null
  dead_letter_retention_days = var.figures.dead_letter_retention_days

  queues = {
    for queue in var.topology.queues : queue.name => {
      arn = module.queues.queues[queue.worker].arn
      url = module.queues.queues[queue.worker].url
    }
  }
}

module "buckets" {
  source = "../buckets"

  environment         = var.environment
  buckets             = var.topology.buckets
  suffix              = var.suffix
  versioning          = var.figures.buckets.versioning
  document_days       = var.figures.buckets.document_days
  retain_years        = var.figures.buckets.retain_years
  archive_after_days  = var.figures.buckets.archive_after_days
  intelligent_tiering = var.figures.buckets.intelligent_tiering
  encryption          = var.figures.buckets.encryption
  kms_key_arn         = local.managed ? var.keys.arns["buckets"] : null
  access_logs         = var.figures.buckets.access_logs
  deletion_protection = var.figures.buckets.deletion_protection
  deny_deletes        = var.figures.buckets.deny_deletes
  erasing_roles       = [for region in compact([local.region, var.replica_region]) : "bbws-orders-${var.environment}-event-processor-${region}"]
}

module "mail" {
  source = "../mail"

  environment          = var.environment
  from_address         = var.figures.mail.from
  domain_verified      = var.figures.mail.domain_verified
  configuration_set    = var.figures.mail.configuration_set
  feedback             = var.figures.mail.feedback
  feedback_topic_arn   = module.events.topics[var.topology.mail.feedback_topic]
  feedback_events      = var.topology.mail.feedback_events
  write_records        = var.figures.mail.domain_verified
  zone_id              = var.mail_zone_id
  write_shared_records = var.writes_shared_mail_records
}
