data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  prefix = "arn:${data.aws_partition.current.partition}"
  issuer = "token.actions.githubusercontent.com"
  budget = "bbws-orders-${var.environment}"
}

resource "aws_budgets_budget" "this" {
  name         = local.budget
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.limit_usd_month)
  limit_unit   = "USD"

  dynamic "cost_filter" {
    for_each = var.tag_filter == null ? [] : [var.tag_filter]

    content {
      name   = "TagKeyValue"
      values = [format("user:%s$%s", cost_filter.value.key, cost_filter.value.value)]
    }
  }

  # What was spent, and what the month will come to: the second is heard of while there is time left to do something.
  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold_type             = "PERCENTAGE"
    threshold                  = var.alert_fraction * 100
    subscriber_email_addresses = var.recipients
  }

  notification {
    notification_type          = "FORECASTED"
    comparison_operator        = "GREATER_THAN"
    threshold_type             = "PERCENTAGE"
    threshold                  = 100
    subscriber_email_addresses = var.recipients
  }
}
