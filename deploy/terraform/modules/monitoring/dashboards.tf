# Dashboards: how the service runs, and what it is for. They belong to the account and not to a region, so that the first
# region alone has them, and its own shows the service of both.
data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  # A widget: what its lines are, as CloudWatch has them: namespace, name, dimensions, and how to show them.
  widgets = {
    service = [
      { title = "Requests and errors", stat = "Sum", lines = [
        [local.own, "requests", "service", "bbws-orders-api"], [local.own, "errors", "service", "bbws-orders-api"],
        [local.own, "throttled_requests", "service", "bbws-orders-api"],
      ] },
      { title = "Durations, 95th percentile, seconds", stat = "p95", lines = [
        for operation in ["create_order", "change_status", "get_order"] :
        [local.own, "request_seconds", "service", "bbws-orders-api", "operation", operation]
      ] },
      { title = "Running tasks", stat = "Average", lines = [
        for role in concat(["api", "relay"], keys(var.queue_names)) :
        ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", "bbws-orders-${var.environment}", "ServiceName", "bbws-orders-${role}-${var.environment}"]
      ] },
      { title = "Waiting messages", stat = "Maximum", lines = [
        for worker, name in var.queue_names : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]
      ] },
      { title = "Dead letters", stat = "Maximum", lines = [
        for queue, name in var.dead_letter_queue_names : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]
      ] },
      { title = "Events: published, failed, oldest unpublished (seconds)", stat = "Maximum", lines = [
        [local.own, "events_published"], [local.own, "event_publication_failures"], [local.own, "oldest_unpublished_event_seconds"],
      ] },
      { title = "Orders: processed and failed", stat = "Sum", lines = [
        [local.own, "orders_processed"], [local.own, "order_processing_failures"],
      ] },
      { title = "Table: consumed units and throttles", stat = "Sum", lines = [
        for name in ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"] :
        ["AWS/DynamoDB", name, "TableName", var.table.name]
      ] },
    ]
    executive = [
      { title = "Orders a day", stat = "Sum", lines = [[local.own, "orders_created"]] },
      { title = "Revenue a day, by currency", stat = "Sum", lines = [[{ expression = "SEARCH('{${local.own},currency} MetricName=\"revenue\"', 'Sum', 86400)", label = "" }]] },
      { title = "Completed of created", stat = "Sum", lines = [
        [local.own, "orders_completed"], [local.own, "orders_created"],
      ] },
      { title = "Availability, target ${format("%.3g", var.availability_target)}", stat = "Sum", lines = [
        [{ expression = "1 - FILL(bad, 0) / all", label = "availability" }],
        [local.own, "errors", "service", "bbws-orders-api", { id = "bad", visible = false }],
        [local.own, "requests", "service", "bbws-orders-api", { id = "all", visible = false }],
      ] },
      { title = "Cost so far this month, dollars", stat = "Maximum", region = "us-east-1", lines = [["AWS/Billing", "EstimatedCharges", "Currency", "USD"]] },
    ]
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = toset(var.dashboards)

  dashboard_name = "order-${each.key}-${var.environment}-dashboard"
  dashboard_body = jsonencode({
    widgets = [
      for place, widget in local.widgets[each.key] : {
        type = "metric", width = 12, height = 6, x = (place % 2) * 12, y = floor(place / 2) * 6
        properties = {
          title  = widget.title, view = "timeSeries", stacked = false, stat = widget.stat
          region = try(widget.region, local.region)
          period = each.key == "executive" ? 86400 : 60
          metrics = concat(widget.lines, [
            for line in widget.lines : concat(line, [{ region = var.table.replica_region }])
            if each.key == "service" && var.second_region
          ])
        }
      }
    ]
  })
}
