data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  place     = "${local.region}:${local.account}"

  rules  = { for rule in var.topology.rules : rule.name => rule }
  topics = { for topic in var.topology.topics : topic.key => topic }

  # The rules that lead to a queue, by the queue; the topics, likewise.
  rules_of_queue  = { for rule in var.topology.rules : rule.queue => rule.name... if rule.queue != null }
  topics_of_queue = { for topic in var.topology.topics : topic.queue => topic.key... if topic.queue != null }
  rules_of_topic  = { for rule in var.topology.rules : rule.topic => rule.name... if rule.topic != null }
  # Topics that neither a rule feeds nor a queue reads are those that people are told by.
  topics_of_people = [for topic in var.topology.topics : topic.key if topic.queue == null && !contains(keys(local.rules_of_topic), topic.key)]
  fed_queues       = setunion(keys(local.rules_of_queue), keys(local.topics_of_queue))

  bus_name    = "${var.topology.bus.name}-${var.environment}"
  topic_names = { for key, topic in local.topics : key => "${topic.name}-${var.environment}" }

  # From the names, so that a plan has the policies whole.
  bus_arn    = "arn:${local.partition}:events:${local.place}:event-bus/${local.bus_name}"
  rule_arns  = { for name in keys(local.rules) : name => "arn:${local.partition}:events:${local.place}:rule/${local.bus_name}/${name}-${var.environment}" }
  topic_arns = { for key, name in local.topic_names : key => "arn:${local.partition}:sns:${local.place}:${name}" }
}

# Encrypted by a key of AWS's: what is on the bus lies in the queues behind it as well, which SQS encrypts, and a key of
# ours that is out of reach would stop every event of the shop.
resource "aws_cloudwatch_event_bus" "this" {
  name = local.bus_name
}

resource "aws_cloudwatch_event_archive" "this" {
  name             = aws_cloudwatch_event_bus.this.name
  event_source_arn = aws_cloudwatch_event_bus.this.arn
  retention_days   = var.archive_days
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name           = "${each.key}-${var.environment}"
  event_bus_name = aws_cloudwatch_event_bus.this.name
  state          = "ENABLED"

  event_pattern = jsonencode(merge(
    { source = each.value.sources },
    each.value.detail_types == null ? {} : { "detail-type" = each.value.detail_types },
  ))
}

# What the bus could not deliver, kept apart from what a worker could not handle.
resource "aws_sqs_queue" "undelivered" {
  for_each = local.rules

  name                      = "${each.value.dead_letter_queue}-${var.environment}"
  message_retention_seconds = var.dead_letter_retention_days * 86400
  sqs_managed_sse_enabled   = true
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  target_id      = each.key
  rule           = aws_cloudwatch_event_rule.this[each.key].name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  arn            = each.value.queue != null ? var.queues[each.value.queue].arn : aws_sns_topic.this[each.value.topic].arn

  dead_letter_config {
    arn = aws_sqs_queue.undelivered[each.key].arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.topology.rule_retry.maximum_event_age_seconds
    maximum_retry_attempts       = var.topology.rule_retry.maximum_retry_attempts
  }
}

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:encryption by a key of ours is a figure of the environment; the key of AWS's would keep rules, alarms and the mail service from publishing
  for_each = local.topics

  name              = local.topic_names[each.key]
  kms_master_key_id = var.topic_encryption == "SSE-KMS" ? var.topic_kms_key_arn : null
}

resource "aws_sns_topic_subscription" "this" {
  for_each = { for topic in var.topology.topics : topic.key => topic.queue if topic.queue != null }

  topic_arn            = aws_sns_topic.this[each.key].arn
  protocol             = "sqs"
  endpoint             = var.queues[each.value].arn
  raw_message_delivery = true
}
