# Several resources, because of what waits for what. ECS is told the names of a release's alarms, and they look at the
# revision that it brings: they must be changed before the service is. The alarm that adds tasks needs the service's policy,
# so it comes after the service. The rest waits for nothing.
locals {
  prefix = "bbws-orders-${var.environment}"
  names = {
    for name, alarm in local.alarms : name => "${local.prefix}-${replace(replace(name, "/[^a-zA-Z0-9:]+/", "-"), ":", "-")}"
  }
  # The parts of an alarm that all of them write the same way.
  common = {
    for name, alarm in local.alarms : name => {
      topic = var.topics[alarm.severity == "page" ? "pages" : "alerts"]
      says  = "Orders, ${var.environment}: ${name} ${alarm.comparison == "LessThanThreshold" ? "under" : "over"} ${alarm.threshold}. ${local.runbook}"
      tags  = { Severity = alarm.severity, Critical = tostring(alarm.critical) }
    }
  }
  # Alarms on fewer of a thing, where there is one on more of it.
  told_by_another = { for name, alarm in local.alarms : name => alarm.composed && contains(keys(local.alarms), local.louder[name]) }
  louder          = { for name, alarm in local.alarms : name => replace(name, "/^([^:]+):/", "$1, page:") }
  runbook         = "Runbook: docs/runbooks/alarms.md"
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => alarm if !alarm.scales_out }

  alarm_name          = local.names[each.key]
  alarm_description   = local.common[each.key].says
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = coalesce(each.value.datapoints, each.value.periods)
  treat_missing_data  = each.value.missing
  alarm_actions       = local.told_by_another[each.key] ? [] : [local.common[each.key].topic]
  ok_actions          = local.told_by_another[each.key] ? [] : [local.common[each.key].topic]
  tags                = local.common[each.key].tags

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      id          = "result"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }
}

# Tells what an alarm on few of a thing finds, and is silent while the one on many of it tells. A minute's difference
# between the two is waited for: letters that come all at once page and do nothing else, and when few of many are left,
# the ticket follows the page.
resource "aws_cloudwatch_composite_alarm" "quieter" {
  for_each = { for name, told in local.told_by_another : name => local.alarms[name] if told }

  alarm_name        = "${local.names[each.key]}-ticket"
  alarm_description = local.common[each.key].says
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.this[each.key].alarm_name}\")"
  alarm_actions     = [local.common[each.key].topic]
  ok_actions        = [local.common[each.key].topic]
  tags              = local.common[each.key].tags

  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.this[local.louder[each.key]].alarm_name
    wait_period      = 120
    extension_period = 120
  }
}

# Tells people, and adds tasks besides. Of one metric each.
resource "aws_cloudwatch_metric_alarm" "scales_out" {
  for_each = { for name, alarm in local.alarms : name => alarm if alarm.scales_out }

  alarm_name          = local.names[each.key]
  alarm_description   = local.common[each.key].says
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [local.common[each.key].topic, var.scale_out_policy_arn]
  ok_actions          = [local.common[each.key].topic]
  tags                = merge(local.common[each.key].tags, { Also = "scale out" })

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = true

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }
}

# Minute by minute. They tell nobody: ECS acts on them. Nothing of the service may be named here: see above.
resource "aws_cloudwatch_metric_alarm" "release" {
  for_each = local.release_alarms

  alarm_name          = "${local.prefix}-release-${replace(each.key, " ", "-")}"
  alarm_description   = "Orders, ${var.environment}: release: ${each.key} over ${each.value.threshold}. ${local.runbook}"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  treat_missing_data  = each.value.missing
  tags                = { Severity = "rollback" }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      id          = "result"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }
}

resource "aws_sns_topic_subscription" "people" {
  for_each = var.recipients == null ? {} : { alerts = var.recipients.ticket, pages = var.recipients.page }

  topic_arn = var.topics[each.key]
  protocol  = "email"
  endpoint  = each.value
}
