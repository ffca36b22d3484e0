# X-Ray's insights are events, not a metric: a rule counts them, and its count is what the alarm looks at.
resource "aws_xray_group" "this" {
  count = var.alarms == "comprehensive" ? 1 : 0

  group_name        = "bbws-orders-${var.environment}"
  filter_expression = "service(begins_with(name, \"bbws-orders\"))"

  insights_configuration {
    insights_enabled      = true
    notifications_enabled = true
  }
}

resource "aws_cloudwatch_event_rule" "insights" {
  count = var.alarms == "comprehensive" ? 1 : 0

  name        = "bbws-orders-trace-anomalies-${var.environment}"
  description = "Anomalies that X-Ray found in the order service's traces."

  event_pattern = jsonencode({
    source        = ["aws.xray"]
    "detail-type" = ["AWS X-Ray Insight Update"]
    detail        = { GroupName = [aws_xray_group.this[0].group_name], State = ["ACTIVE"] }
  })
}

resource "aws_cloudwatch_event_target" "insights" {
  count = var.alarms == "comprehensive" ? 1 : 0

  rule = aws_cloudwatch_event_rule.insights[0].name
  arn  = var.topics.alerts
}
