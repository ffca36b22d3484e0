# AWS Backup has no metric that a missing backup shows in at once, but events of every job.

locals {
  failures = var.tells_failures ? {
    backup = { type = "Backup Job State Change", states = ["ABORTED", "EXPIRED", "FAILED"] }
    copy   = { type = "Copy Job State Change", states = ["FAILED"] }
  } : {}
}

resource "aws_cloudwatch_event_rule" "failures" {
  for_each = local.failures

  name        = "bbws-orders-${each.key}-failed-${var.environment}"
  description = "A ${each.key} of the order service's table that did not come about is told"

  event_pattern = jsonencode({
    source      = ["aws.backup"]
    detail-type = [each.value.type]
    detail      = { state = each.value.states }
  })
}

resource "aws_cloudwatch_event_target" "failures" {
  for_each = local.failures

  rule      = aws_cloudwatch_event_rule.failures[each.key].name
  target_id = "alert"
  arn       = var.alert_topic_arn
}
