# Route 53 reports its health checks in us-east-1 only: alarms and topic must be there, whatever region this is.
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  alarm_region = "us-east-1"
  topics       = length(local.watched) > 0 ? { page = "bbws-alerts-page-${var.environment}" } : {}
  alarm_prefix = "bbws-orders-health-check"
}

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:says which region fails and nothing else; CloudWatch can't use the key that AWS keeps for SNS
  for_each = local.topics

  region            = local.alarm_region
  name              = each.value
  kms_master_key_id = var.kms_key_arn

  tags = { Region = local.alarm_region, Severity = "page", Critical = "true" }
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  statement {
    sid       = "AlarmsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = ["arn:${data.aws_partition.current.partition}:sns:${local.alarm_region}:${data.aws_caller_identity.current.account_id}:${each.value}"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:cloudwatch:${local.alarm_region}:${data.aws_caller_identity.current.account_id}:alarm:${local.alarm_prefix}-*"]
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  for_each = local.topics

  region = local.alarm_region
  arn    = aws_sns_topic.this[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}

resource "aws_sns_topic_subscription" "this" {
  for_each = length(local.topics) > 0 ? var.recipients : toset([])

  region    = local.alarm_region
  topic_arn = aws_sns_topic.this["page"].arn
  protocol  = "email"
  endpoint  = each.key
}

# A check has failed twice before it says so: one bad minute is enough. No news is bad news.
resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.watched

  region              = local.alarm_region
  alarm_name          = "${local.alarm_prefix}-${each.key}-${var.environment}"
  alarm_description   = "Route 53 finds ${each.value} unhealthy: ${each.key == "primary" && local.two_regions ? "DNS leads to the failover region" : "clients get errors, or would after a failover"}. Runbook: docs/runbooks/alarms.md"
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = aws_route53_health_check.this[each.key].id }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.this["page"].arn]
  ok_actions          = [aws_sns_topic.this["page"].arn]

  tags = { Region = local.alarm_region, Severity = "page", Critical = "true" }
}
