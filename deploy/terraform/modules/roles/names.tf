data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Names are put together here, and not taken from resources, so that a plan shows what each role may do.
locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  prefix    = "arn:${local.partition}"
  here      = "${local.region}:${local.account}"

  queue_arn = "${local.prefix}:sqs:${local.here}:"
  queues    = { for queue in var.topology.queues : queue.worker => "${local.queue_arn}${queue.name}-${var.environment}" }
  dead_letter_queues = {
    for queue in var.topology.queues : queue.worker => "${local.queue_arn}${queue.name}-dlq-${var.environment}"
  }
  rule_dead_letter_queues = [
    for rule in var.topology.rules : "${local.queue_arn}${rule.dead_letter_queue}-${var.environment}"
  ]
  every_queue       = concat(values(local.queues), values(local.dead_letter_queues))
  every_dead_letter = concat(values(local.dead_letter_queues), local.rule_dead_letter_queues)

  table     = "${local.prefix}:dynamodb:${local.here}:table/${var.table_name}"
  ledger    = "${local.prefix}:dynamodb:${local.here}:table/bbws-orders-erasure-ledger-${var.environment}"
  bus       = "${local.prefix}:events:${local.here}:event-bus/${var.topology.bus.name}-${var.environment}"
  documents = "${local.prefix}:s3:::${var.bucket_names.orders}"
  templates = "${local.prefix}:s3:::${var.bucket_names.templates}"
  # Erasure and retention reach the copies of the other region, if there is one.
  every_documents = concat([local.documents], [for name in var.other_documents_bucket[*] : "${local.prefix}:s3:::${name}"])

  configuration_sets = var.mail.configuration_set == null ? [] : [
    "${local.prefix}:ses:${local.here}:configuration-set/${var.mail.configuration_set}",
  ]

  log_groups = "${local.prefix}:logs:${local.here}:log-group:/bbws-orders/${var.environment}/*"
  # Secrets Manager ends an ARN in six characters that are not known before.
  secret_arn = "${local.prefix}:secretsmanager:${local.here}:secret:${var.secret_prefix}/"
}
