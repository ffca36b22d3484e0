mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "af-south-1" }
  }
}

variables {
  environment         = "prod"
  alarms              = "comprehensive"
  dashboards          = ["service", "executive"]
  availability_target = 0.999
  topics              = { alerts = "arn:aws:sns:eu-west-1:111122223333:alerts", pages = "arn:aws:sns:eu-west-1:111122223333:pages" }
  recipients          = { ticket = "platform@bbws.example", page = "oncall@bbws.example" }
  queue_names         = { record-creator = "creation", pdf-creator = "pdf" }
  dead_letter_queue_names = {
    record-creator = "creation-dlq", pdf-creator = "pdf-dlq", "rule:pdf" = "pdf-rule-dlq"
  }
  bus_name             = "bus"
  rule_names           = ["pdf"]
  table                = { name = "orders", indexes = ["ByDate", "ByStatus"], replica_region = "eu-west-1" }
  load_balancer        = "app/orders/1"
  revision             = "sha256:1"
  scale_out_policy_arn = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1:resource/ecs/service/bbws-orders-prod/api:policyName/crowd"
  replicated_buckets = {
    documents = { source = "documents", destination = "documents-dr", rule = "documents" }
  }
  rollback_when = {
    error_rate = 0.05, create_p95_seconds = 3, status_p95_seconds = 2, dlq_depth = 10, processing_failures = 0.01, publication_failures = 0.01
  }
  second_region = true
}

run "production_has_every_alarm" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 13 + 2 * 3 + 1 + 2 + 5 + 1 + 6 && length(aws_cloudwatch_metric_alarm.release) == 6
    error_message = "There are alarms of the service, of each queue and rule, of the table and of two regions, and of releases."
  }

  assert {
    condition = alltrue([
      for name in ["dead-letter depth, page:pdf-creator", "minutes without a writer", "writers", "primary confirmed alone"] :
      aws_cloudwatch_metric_alarm.this[name].alarm_actions == toset([var.topics.pages])
    ])
    error_message = "What wakes somebody goes to pages."
  }

  assert {
    condition = (
      length(aws_cloudwatch_composite_alarm.quieter) == 3 && alltrue([
        for name, alarm in aws_cloudwatch_composite_alarm.quieter :
        alarm.alarm_actions == toset([var.topics.alerts]) &&
        alarm.alarm_rule == "ALARM(\"${aws_cloudwatch_metric_alarm.this[name].alarm_name}\")" &&
        alarm.actions_suppressor[0].alarm == aws_cloudwatch_metric_alarm.this[replace(name, "/^([^:]+):/", "$1, page:")].alarm_name &&
        length(coalesce(aws_cloudwatch_metric_alarm.this[name].alarm_actions, [])) == 0
      ])
    )
    error_message = "A dead-letter queue tells once: by a ticket, unless it pages."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["error rate"].alarm_actions == toset([var.topics.alerts])
    error_message = "The rest goes to alerts."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.release : alltrue([for query in alarm.metric_query : alltrue([for metric in query.metric : metric.period == 60])]) && alarm.alarm_actions == null
    ])
    error_message = "Releases are watched minute by minute, by ECS and nobody else."
  }

  assert {
    condition = anytrue([
      for query in aws_cloudwatch_metric_alarm.release["error rate"].metric_query :
      anytrue([for metric in query.metric : try(metric.dimensions.revision == "sha256:1", false)])
    ])
    error_message = "Release alarms look at one revision."
  }

  assert {
    condition = (
      aws_cloudwatch_dashboard.this["service"].dashboard_name == "order-service-prod-dashboard" &&
      length(jsondecode(aws_cloudwatch_dashboard.this["service"].dashboard_body).widgets) == 16 &&
      length(jsondecode(aws_cloudwatch_dashboard.this["executive"].dashboard_body).widgets) == 5
    )
    error_message = "There are two dashboards."
  }

  assert {
    condition = (
      contains([for line in jsondecode(aws_cloudwatch_dashboard.this["service"].dashboard_body).widgets[0].properties.metrics : try(line[4].region, "here")], "eu-west-1") &&
      jsondecode(aws_cloudwatch_dashboard.this["service"].dashboard_body).widgets[0].properties.region == "af-south-1"
    )
    error_message = "The service's shows both regions."
  }

  assert {
    condition = (
      toset([for rule in aws_cloudwatch_event_rule.failures : rule.name]) == toset(["bbws-orders-failed-release-prod", "bbws-orders-failed-backup-prod", "bbws-orders-failed-rotation-prod"]) &&
      alltrue([for target in aws_cloudwatch_event_target.failures : target.arn == var.topics.alerts])
    )
    error_message = "Failed releases, backups and renewals are told of."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failures["release"].event_pattern).resources == [{ prefix = "arn:aws:ecs:af-south-1:111122223333:service/bbws-orders-prod/" }]
    error_message = "Only releases of this service."
  }

  assert {
    condition     = can(regex("<what>, <time>: <why>\\. Runbook", aws_cloudwatch_event_target.failures["rotation"].input_transformer[0].input_template))
    error_message = "What an event has is put in place of its name."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.scales_out["throttled requests per minute"].alarm_actions == toset([var.topics.alerts, var.scale_out_policy_arn])
    error_message = "Throttling adds tasks."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["minutes without a writer"].treat_missing_data == "notBreaching"
    error_message = "Nobody is paged for what the service does not measure yet."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.release)) : length(alarm.metric_query) <= 10])
    error_message = "CloudWatch takes ten metrics in an alarm at the most."
  }

  assert {
    condition = alltrue([
      for name in ["create p95 seconds", "status change p95 seconds", "read p95 seconds"] :
      contains([for query in aws_cloudwatch_metric_alarm.this[name].metric_query : query.expression], "IF(n >= 20, m, 0)")
    ])
    error_message = "Percentiles are of twenty at least."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest unpublished event seconds"].treat_missing_data == "breaching"
    error_message = "A relay that says nothing is none."
  }

  assert {
    condition = alltrue([
      for kind in ["reads", "writes"] : length(aws_cloudwatch_metric_alarm.this["table throttles:${kind}"].metric_query) == 1 + 1 + length(var.table.indexes)
    ])
    error_message = "Throttles are those of the table and of each index, of reads and of writes."
  }

  assert {
    condition     = toset([for each in aws_sns_topic_subscription.people : each.endpoint]) == toset(["platform@bbws.example", "oncall@bbws.example"])
    error_message = "Alerts and pages reach people."
  }
}

run "the_test_environment_has_the_critical_ones" {
  command = plan

  variables {
    environment   = "sit"
    alarms        = "critical"
    second_region = false
  }

  assert {
    condition     = alltrue([for name, alarm in local.alarms : alarm.critical]) && length(local.alarms) > 5
    error_message = "Only what tells of harm."
  }

  assert {
    condition     = length(aws_cloudwatch_composite_alarm.quieter) == 0
    error_message = "Where there is no ticket there is none to hold back."
  }

  assert {
    condition     = length(output.rollback_alarms) == 6 && length(aws_xray_group.this) == 0
    error_message = "Releases are watched, insights are not."
  }
}

run "development_has_none" {
  command = plan

  variables {
    environment   = "dev"
    alarms        = "none"
    recipients    = null
    second_region = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_metric_alarm.release) + length(aws_cloudwatch_metric_alarm.scales_out) + length(aws_cloudwatch_event_rule.failures) + length(aws_sns_topic_subscription.people) == 0
    error_message = "Nothing is watched."
  }
}

run "no_such_level" {
  command = plan

  variables {
    alarms = "some"
  }

  expect_failures = [var.alarms]
}

run "no_such_dashboard" {
  command = plan

  variables {
    dashboards = ["board"]
  }

  expect_failures = [var.dashboards]
}

run "no_such_availability" {
  command = plan

  variables {
    availability_target = 99.9
  }

  expect_failures = [var.availability_target]
}
