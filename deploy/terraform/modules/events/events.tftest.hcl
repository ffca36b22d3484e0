# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

variables {
  environment                = "dev"
  archive_days               = 7
  dead_letter_retention_days = 7
  queues = {
    orders-pdf  = { arn = "arn:aws:sqs:eu-west-1:123456789012:orders-pdf-dev", url = "https://sqs/orders-pdf-dev" }
    orders-back = { arn = "arn:aws:sqs:eu-west-1:123456789012:orders-back-dev", url = "https://sqs/orders-back-dev" }
  }
  topology = {
    bus        = { name = "orders" }
    rule_retry = { maximum_event_age_seconds = 86400, maximum_retry_attempts = 185 }
    mail       = { feedback_topic = "feedback" }
    rules = [
      { name = "pdf", sources = ["ours"], detail_types = ["created", "updated"], queue = "orders-pdf", dead_letter_queue = "pdf-rule-dlq" },
      { name = "all", sources = ["ours"], topic = "news", dead_letter_queue = "all-rule-dlq" },
    ]
    topics = [{ key = "news", name = "orders-news" }, { key = "feedback", name = "orders-feedback", queue = "orders-back" }]
  }
}

run "rules_lead_to_their_targets" {
  command = apply

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["pdf"].event_pattern) == { source = ["ours"], detail-type = ["created", "updated"] }
    error_message = "A rule matches its sources and detail types."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["all"].event_pattern) == { source = ["ours"] }
    error_message = "A rule without detail types matches any."
  }
  assert {
    condition     = aws_cloudwatch_event_target.this["pdf"].arn == "arn:aws:sqs:eu-west-1:123456789012:orders-pdf-dev" && aws_cloudwatch_event_target.this["all"].arn == aws_sns_topic.this["news"].arn
    error_message = "Targets are the declared queue or topic."
  }
  assert {
    condition = alltrue([for rule, target in aws_cloudwatch_event_target.this : alltrue([
      target.dead_letter_config[0].arn == aws_sqs_queue.undelivered[rule].arn,
      target.retry_policy[0].maximum_event_age_in_seconds == 86400,
      target.retry_policy[0].maximum_retry_attempts == 185,
    ])])
    error_message = "Each target has its dead-letter queue and the longest retry."
  }
  assert {
    condition     = aws_cloudwatch_event_archive.this.retention_days == 7 && aws_sqs_queue.undelivered["pdf"].message_retention_seconds == 604800
    error_message = "Archive and dead letters are kept for the days of the environment."
  }
}

run "nobody_else_may_send" {
  command = apply

  assert {
    condition = alltrue([
      for policy in concat(values(aws_sqs_queue_policy.this)[*].policy, values(aws_sns_topic_policy.this)[*].policy) :
      anytrue([for statement in jsondecode(policy).Statement : statement.Sid == "NobodyWithoutTls" && statement.Effect == "Deny"])
    ])
    error_message = "Every policy refuses calls without TLS."
  }
  assert {
    condition = alltrue([
      for policy in concat(values(aws_sqs_queue_policy.this)[*].policy, values(aws_sns_topic_policy.this)[*].policy) :
      alltrue([for statement in jsondecode(policy).Statement : statement.Effect == "Deny" || can(statement.Condition)])
    ])
    error_message = "Whoever may send is named by a condition."
  }
  assert {
    condition     = toset(keys(aws_sqs_queue_policy.this)) == toset(["orders-pdf", "orders-back", "pdf-rule-dlq", "all-rule-dlq"])
    error_message = "Queues that rules or topics send to have a policy, those for undelivered events too."
  }
}

run "each_sender_is_named" {
  command = apply

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this["orders-pdf"].policy).Statement : flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"] == [[aws_cloudwatch_event_rule.this["pdf"].arn]]
    error_message = "A queue takes messages of the rules that lead to it."
  }
  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this["orders-back"].policy).Statement : flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"] == [[aws_sns_topic.this["feedback"].arn]]
    error_message = "A queue takes messages of the topics that it is subscribed to."
  }
  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this["all-rule-dlq"].policy).Statement : flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"] == [[aws_cloudwatch_event_rule.this["all"].arn]]
    error_message = "A queue for undelivered events takes those of its rule."
  }
}

run "a_rule_has_one_target" {
  command = plan

  variables {
    topology = {
      bus        = { name = "orders" }
      rule_retry = { maximum_event_age_seconds = 86400, maximum_retry_attempts = 185 }
      mail       = { feedback_topic = "news" }
      rules      = [{ name = "pdf", sources = ["ours"], queue = "orders-pdf", topic = "news", dead_letter_queue = "pdf-rule-dlq" }]
      topics     = [{ key = "news", name = "orders-news" }]
    }
  }

  expect_failures = [var.topology]
}
