# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment     = "prod"
  limit_usd_month = 5000
  alert_fraction  = 0.8
  recipients      = ["platform@bbws.example"]

  report                   = { repository = "bbws/bbws-orders", environment = "prod-report" }
  permissions_boundary_arn = "arn:aws:iam::111122223333:policy/bbws-boundary-prod"
}

run "the_report_reads_the_budget_from_its_environment_alone" {
  command = plan

  assert {
    condition = [
      for each in data.aws_iam_policy_document.trust.statement[0].condition : each.values if endswith(each.variable, ":sub")
    ] == [tolist(["repo:bbws/bbws-orders:environment:prod-report"])]
    error_message = "One environment on GitHub, by its whole name."
  }
  assert {
    condition     = data.aws_iam_policy_document.report.statement[0].actions == toset(["budgets:ViewBudget"]) && length(data.aws_iam_policy_document.report.statement) == 1
    error_message = "It reads the budget, and nothing else."
  }
  assert {
    condition     = endswith(one(data.aws_iam_policy_document.report.statement[0].resources), ":budget/bbws-orders-prod")
    error_message = "Of this environment."
  }
  assert {
    condition     = aws_iam_role.report.permissions_boundary == var.permissions_boundary_arn
    error_message = "A release can make no role without the boundary."
  }
}

run "the_report_has_one_environment" {
  command = plan

  variables {
    report = { repository = "bbws/bbws-orders", environment = "*" }
  }

  expect_failures = [var.report]
}

run "the_month_of_an_account" {
  command = plan

  assert {
    condition     = aws_budgets_budget.this.name == "bbws-orders-prod" && aws_budgets_budget.this.limit_amount == "5000" && aws_budgets_budget.this.limit_unit == "USD" && aws_budgets_budget.this.time_unit == "MONTHLY"
    error_message = "5,000 US dollars a month."
  }
  assert {
    condition     = { for each in aws_budgets_budget.this.notification : each.notification_type => each.threshold } == { ACTUAL = 80, FORECASTED = 100 }
    error_message = "Alerts go out at 80 % spent, and when the forecast is over the limit."
  }
  assert {
    condition     = alltrue([for each in aws_budgets_budget.this.notification : each.subscriber_email_addresses == toset(["platform@bbws.example"]) && each.threshold_type == "PERCENTAGE" && each.comparison_operator == "GREATER_THAN"])
    error_message = "Both go to the recipients."
  }
  assert {
    condition     = length(aws_budgets_budget.this.cost_filter) == 0
    error_message = "The whole account is counted."
  }
}

run "a_tag_of_a_shared_account" {
  command = plan

  variables {
    tag_filter = { key = "Application", value = "CustomerPortalPublic" }
  }

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:Application$CustomerPortalPublic"])
    error_message = "AWS writes a tag as user:KEY$VALUE."
  }
}

run "a_limit_is_an_amount" {
  command = plan

  variables {
    limit_usd_month = 0
  }

  expect_failures = [var.limit_usd_month]
}

run "a_fraction_is_no_percentage" {
  command = plan

  variables {
    alert_fraction = 80
  }

  expect_failures = [var.alert_fraction]
}

run "somebody_is_told" {
  command = plan

  variables {
    recipients = []
  }

  expect_failures = [var.recipients]
}

run "recipients_are_addresses" {
  command = plan

  variables {
    recipients = ["platform"]
  }

  expect_failures = [var.recipients]
}
