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
    events     = { source = "ours" }
    rule_retry = { maximum_event_age_seconds = 86400, maximum_retry_attempts = 185 }
    mail       = { feedback_topic = "feedback" }
    rules = [
      { name = "pdf", sources = ["ours"], detail_types = ["created", "updated"], queue = "orders-pdf", dead_letter_queue = "pdf-rule-dlq" },
      { name = "paid", sources = ["io.bbws.payments"], queue = "orders-back", dead_letter_queue = "paid-rule-dlq" },
      { name = "all", sources = ["ours"], topic = "news", dead_letter_queue = "all-rule-dlq" },
    ]
    topics = [{ key = "news", name = "orders-news" }, { key = "pages", name = "orders-pages" }, { key = "feedback", name = "orders-feedback", queue = "orders-back" }]
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
  command = plan

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
    condition     = toset(keys(aws_sqs_queue_policy.this)) == toset(["orders-pdf", "orders-back", "pdf-rule-dlq", "paid-rule-dlq", "all-rule-dlq"])
    error_message = "Queues that rules or topics send to have a policy, those for undelivered events too."
  }
}

run "each_sender_is_named" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this["orders-pdf"].policy).Statement : flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"] == [["arn:aws:events:eu-west-1:${data.aws_caller_identity.current.account_id}:rule/orders-dev/pdf-dev"]]
    error_message = "A queue takes messages of the rules that lead to it."
  }
  assert {
    condition = {
      for statement in jsondecode(aws_sqs_queue_policy.this["orders-back"].policy).Statement :
      statement.Principal.Service => flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"
      } == {
      "events.amazonaws.com" = ["arn:aws:events:eu-west-1:${data.aws_caller_identity.current.account_id}:rule/orders-dev/paid-dev"]
      "sns.amazonaws.com"    = ["arn:aws:sns:eu-west-1:${data.aws_caller_identity.current.account_id}:orders-feedback-dev"]
    }
    error_message = "A queue takes messages of the rules that lead to it, and of the topics that it is subscribed to."
  }
  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this["all-rule-dlq"].policy).Statement : flatten([statement.Condition.ArnEquals["aws:SourceArn"]]) if statement.Effect == "Allow"] == [["arn:aws:events:eu-west-1:${data.aws_caller_identity.current.account_id}:rule/orders-dev/all-dev"]]
    error_message = "A queue for undelivered events takes those of its rule."
  }
}

run "people_are_told_by_alarms_and_rules_of_the_account" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_sns_topic_policy.this["pages"].policy).Statement :
      statement.Principal.Service => statement.Condition.ArnLike["aws:SourceArn"] if statement.Effect == "Allow"
      } == {
      "cloudwatch.amazonaws.com" = "arn:aws:cloudwatch:eu-west-1:${data.aws_caller_identity.current.account_id}:alarm:*"
      "events.amazonaws.com"     = "arn:aws:events:eu-west-1:${data.aws_caller_identity.current.account_id}:rule/*"
    }
    error_message = "A topic without rule and queue is for alarms and for rules of the account's own bus."
  }
  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.this["news"].policy).Statement : statement.Sid] == ["RulesMayPublish", "NobodyWithoutTls"]
    error_message = "Other topics are not."
  }
}

run "only_our_own_source_without_publishers" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement : statement.Sid] == ["OwnEventsFromThisAccountOnly", "NoOtherSources"]
    error_message = "Without publishers there is nothing on the bus but our own events."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement :
      flatten([statement.Condition["ForAnyValue:StringNotEquals"]["events:source"]]) if statement.Sid == "NoOtherSources"
    ]) == ["ours"]
    error_message = "Events of other sources are refused."
  }
}

run "each_publisher_puts_its_own_source_on_the_bus" {
  command = plan

  variables {
    publishers = { "io.bbws.payments" = ["arn:aws:iam::111122223333:role/payments"] }
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement : alltrue([
        statement.Effect == "Allow",
        statement.Action == "events:PutEvents",
        statement.Resource == "arn:aws:events:eu-west-1:${data.aws_caller_identity.current.account_id}:event-bus/orders-dev",
        flatten([statement.Principal.AWS]) == ["arn:aws:iam::111122223333:role/payments"],
        flatten([statement.Condition["ForAllValues:StringEquals"]["events:source"]]) == ["io.bbws.payments"],
        statement.Condition.Null["events:source"] == "false",
      ]) if statement.Sid == "IoBbwsPaymentsPublishes"
    ])
    error_message = "The role may put events of its source on the bus, and must name a source."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement : alltrue([
        statement.Effect == "Deny",
        flatten([statement.Condition["ForAnyValue:StringEquals"]["events:source"]]) == ["io.bbws.payments"],
        flatten([statement.Condition.ArnNotEquals["aws:PrincipalArn"]]) == ["arn:aws:iam::111122223333:role/payments"],
      ]) if statement.Sid == "NobodyElseForIoBbwsPayments"
    ])
    error_message = "Nobody else may."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement : alltrue([
        statement.Effect == "Deny",
        flatten([statement.Condition["ForAnyValue:StringEquals"]["events:source"]]) == ["ours"],
        statement.Condition.StringNotEquals["aws:PrincipalAccount"] == data.aws_caller_identity.current.account_id,
      ]) if statement.Sid == "OwnEventsFromThisAccountOnly"
    ])
    error_message = "Our own events come from this account."
  }
}

run "topics_can_have_a_key" {
  command = plan

  variables {
    topic_encryption  = "SSE-KMS"
    topic_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  assert {
    condition     = alltrue([for topic in aws_sns_topic.this : topic.kms_master_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1"])
    error_message = "Topics are encrypted by the key."
  }
}

run "an_account_is_no_publisher" {
  command = plan

  variables {
    publishers = { "io.bbws.payments" = ["arn:aws:iam::111122223333:root"] }
  }

  expect_failures = [var.publishers]
}

run "a_source_needs_a_publisher" {
  command = plan

  variables {
    publishers = { "io.bbws.payments" = [] }
  }

  expect_failures = [var.publishers]
}

run "nobody_else_publishes_our_source" {
  command = plan

  variables {
    publishers = { ours = ["arn:aws:iam::111122223333:role/payments"] }
  }

  expect_failures = [aws_cloudwatch_event_bus_policy.this]
}

run "a_source_that_no_rule_matches_is_refused" {
  command = plan

  variables {
    publishers = { "io.bbws.payment" = ["arn:aws:iam::111122223333:role/payments"] }
  }

  expect_failures = [aws_cloudwatch_event_bus_policy.this]
}

run "topics_are_encrypted_in_one_of_two_ways" {
  command = plan

  variables {
    topic_encryption = "aws/sns"
  }

  expect_failures = [var.topic_encryption]
}

run "a_rule_has_one_target" {
  command = plan

  variables {
    topology = {
      bus        = { name = "orders" }
      events     = { source = "ours" }
      rule_retry = { maximum_event_age_seconds = 86400, maximum_retry_attempts = 185 }
      mail       = { feedback_topic = "news" }
      rules      = [{ name = "pdf", sources = ["ours"], queue = "orders-pdf", topic = "news", dead_letter_queue = "pdf-rule-dlq" }]
      topics     = [{ key = "news", name = "orders-news" }]
    }
  }

  expect_failures = [var.topology]
}
