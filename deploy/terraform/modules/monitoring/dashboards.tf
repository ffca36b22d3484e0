# Dashboards: how the service runs, and what it is for. They belong to the account and not to a region, so that the first
# region alone has them, and its own shows the service of both.
data "aws_region" "current" {}

locals {
  region  = data.aws_region.current.region
  regions = concat([local.region], var.second_region ? [var.table.replica_region] : [])

  roles = concat(["api", "relay"], keys(var.queue_names))

  # A widget: its lines, each a metric (namespace, name, dimensions) with what the legend calls it; raw are those that
  # are calculated, and what they are calculated of. marks: horizontal lines, such as where an alarm begins.
  widgets = {
    service = [
      { title = "Requests a minute", stat = "Sum", lines = [
        { label = "requests", metric = [local.own, "requests", "service", local.api.service] },
      ] },
      { title = "Errors and throttled requests a minute", stat = "Sum", lines = [
        { label = "errors", metric = [local.own, "errors", "service", local.api.service] },
        { label = "throttled", metric = [local.own, "throttled_requests", "service", local.api.service] },
      ] },
      { title = "Durations of requests, 95th percentile", stat = "p95", unit = "seconds", lines = [
        for group in ["create", "status_change", "read"] :
        { label = replace(group, "_", " "), metric = [local.own, "request_seconds", "service", local.api.service, "group", group] }
        ], marks = [for kind in ["create", "status change", "read"] : {
          label = "alarm: ${kind}", value = local.service_alarms["${kind} p95 seconds"].threshold
      }] },
      { title = "Running tasks", stat = "Average", legend = "right", lines = [
        for role in local.roles :
        { label = role, metric = ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", local.prefix, "ServiceName", "bbws-orders-${role}-${var.environment}"] }
      ] },
      { title = "Waiting messages", stat = "Maximum", legend = "right", lines = [
        for worker, name in var.queue_names : { label = worker, metric = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name] }
      ] },
      { title = "Oldest waiting message", stat = "Maximum", unit = "seconds", legend = "right", lines = [
        for worker, name in var.queue_names : { label = worker, metric = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name] }
      ], marks = [{ label = "alarm", value = 120 }] },
      { title = "Dead letters", stat = "Maximum", legend = "right", lines = [
        for queue, name in var.dead_letter_queue_names : { label = replace(queue, "bbws-order-", ""), metric = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name] }
      ], marks = [{ label = "page", value = 5 }] },
      { title = "Events a minute", stat = "Sum", raw = concat([
        for number, region in local.regions : concat(
          [[{
            expression = join(" + ", [for id in keys(local.undelivered) : "${id}_${number}"]), id = "undelivered_${number}", region = region
            label      = "undelivered${region == local.region ? "" : ", ${region}"}"
          }]],
          [for id, rule in local.undelivered : ["AWS/Events", "InvocationsSentToDlq", "EventBusName", var.bus_name, "RuleName", rule, { id = "${id}_${number}", visible = false, region = region }]],
        )
        ]...), lines = [
        { label = "published", metric = [local.own, "events_published"] },
        { label = "failed attempts", metric = [local.own, "event_publication_failures"] },
      ] },
      { title = "Oldest unpublished event", stat = "Maximum", unit = "seconds", lines = [
        { label = "oldest", metric = [local.own, "oldest_unpublished_event_seconds"] },
      ], marks = [{ label = "alarm", value = local.service_alarms["oldest unpublished event seconds"].threshold }] },
      { title = "Orders a minute", stat = "Sum", lines = [
        { label = "created", metric = [local.own, "orders_created"] },
        { label = "processed", metric = [local.own, "orders_processed"] },
        { label = "failed", metric = [local.own, "order_processing_failures"] },
      ] },
      { title = "Processing time of a message, 95th percentile", stat = "p95", unit = "seconds", legend = "right", lines = [
        for worker in keys(var.queue_names) : { label = worker, metric = [local.own, "message_seconds", "worker", worker] }
      ] },
      { title = "Mails a minute", stat = "Sum", legend = "right", lines = [
        for outcome in ["sent", "repeated", "suppressed", "skipped", "rejected"] :
        { label = outcome, metric = [local.own, "mails", "outcome", outcome] }
      ] },
      { title = "Mails of 24 hours, share of the quota", stat = "Maximum", unit = "share", lines = [
        { label = "quota used", metric = [local.own, "mail_daily_quota_used"] },
      ], marks = [{ label = "alarm", value = local.service_alarms["mail daily quota used"].threshold }] },
      { title = "Faults a minute", stat = "Sum", lines = [
        { label = "unreadable items", metric = [local.own, "unreadable_items"] },
        { label = "audit records lost", metric = [local.own, "audit_records_lost"] },
        { label = "template fallbacks", metric = [local.own, "template_fallbacks"] },
      ] },
      { title = "Table: consumed units a minute", stat = "Sum", lines = [
        for kind in ["Read", "Write"] :
        { label = lower(kind), metric = ["AWS/DynamoDB", "Consumed${kind}CapacityUnits", "TableName", var.table.name] }
      ] },
      { title = "Table: throttles a minute", stat = "Sum", lines = [
        for kind in ["Read", "Write"] :
        { label = lower(kind), metric = ["AWS/DynamoDB", "${kind}ThrottleEvents", "TableName", var.table.name] }
      ] },
    ]
    executive = [
      { title = "Orders a day", stat = "Sum", lines = [{ label = "orders", metric = [local.own, "orders_created"] }] },
      { title = "Revenue a day, by currency", stat = "Sum", unit = "units of the currency", raw = [
        for region in local.regions : [{
          expression = "SEARCH('{${local.own},currency} MetricName=\"revenue\"', 'Sum', 86400)", region = region
          label      = "$${PROP('Dim.currency')}${region == local.region ? "" : ", ${region}"}"
        }]
      ] },
      { title = "Completed orders of those created, a day", stat = "Sum", unit = "percent", raw = concat(
        [[{ expression = "IF(${local.sums.created} > 0, 100 * (${local.sums.completed}) / (${local.sums.created}), 0)", label = "completed", id = "share" }]],
        local.hidden.created, local.hidden.completed,
      ) },
      { title = "Availability, a day", stat = "Sum", unit = "percent", least = 100 - 1000 * (1 - var.availability_target), most = 100, raw = concat(
        [[{ expression = "IF(${local.sums.all} > 0, 100 * (1 - (${local.sums.bad}) / (${local.sums.all})), 100)", label = "availability", id = "share" }]],
        local.hidden.all, local.hidden.bad,
      ), marks = [{ label = "target", value = 100 * var.availability_target }] },
      { title = "Cost so far this month", stat = "Maximum", region = "us-east-1", unit = "US dollars", raw = [
        ["AWS/Billing", "EstimatedCharges", "Currency", "USD", { label = "cost" }],
      ] },
    ]
  }

  # What is calculated over both regions: the metrics, which are not shown, and their sums.
  summed = {
    created   = ["orders_created"]
    completed = ["orders_completed"]
    all       = ["requests", "service", local.api.service]
    bad       = ["errors", "service", local.api.service]
  }
  sums = { for id, metric in local.summed : id => join(" + ", [for number, region in local.regions : "FILL(${id}_${number}, 0)"]) }
  hidden = { for id, metric in local.summed : id => [
    for number, region in local.regions : concat([local.own], metric, [{ id = "${id}_${number}", visible = false, region = region }])
  ] }
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = toset(var.dashboards)

  dashboard_name = "order-${each.key}-${var.environment}-dashboard"
  dashboard_body = jsonencode({
    widgets = [
      for place, widget in local.widgets[each.key] : {
        type = "metric", height = 6, x = (place % 2) * 12, y = floor(place / 2) * 6
        # The last has the whole row, where nothing is beside it.
        width = place % 2 == 0 && place == length(local.widgets[each.key]) - 1 ? 24 : 12
        properties = merge(
          {
            title  = widget.title, view = "timeSeries", stacked = false, stat = widget.stat
            region = try(widget.region, local.region)
            period = each.key == "executive" ? 86400 : 60
            legend = { position = try(widget.legend, "bottom") }
            yAxis  = { left = merge({ min = try(widget.least, 0), showUnits = false }, try({ label = widget.unit }, {}), try({ max = widget.most }, {})) }
            metrics = concat(try(widget.raw, []), [
              for line in try(widget.lines, []) : concat(line.metric, [{ label = line.label }])
              ], [
              for line in try(widget.lines, []) : concat(line.metric, [{ label = "${line.label}, ${var.table.replica_region}", region = var.table.replica_region }])
              if var.second_region
            ])
          },
          try({ annotations = { horizontal = [for mark in widget.marks : mark] } }, {}),
        )
      }
    ]
  })
}
