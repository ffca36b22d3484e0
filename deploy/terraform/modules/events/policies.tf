# Who may send to a queue or publish to a topic: the rules, topics and services that lead to it, and nobody without TLS.

locals {
  # Of each queue: its ARN and URL, and the ARNs of what sends to it, by the service that sends.
  receivers = merge(
    {
      for name in local.fed_queues : name => {
        arn = "arn:${local.partition}:sqs:${local.place}:${name}-${var.environment}"
        url = var.queues[name].url
        senders = {
          events = [for rule in lookup(local.rules_of_queue, name, []) : local.rule_arns[rule]]
          sns    = [for topic in lookup(local.topics_of_queue, name, []) : local.topic_arns[topic]]
        }
      }
    },
    {
      for rule, queue in aws_sqs_queue.undelivered : local.rules[rule].dead_letter_queue => {
        arn     = "arn:${local.partition}:sqs:${local.place}:${local.rules[rule].dead_letter_queue}-${var.environment}"
        url     = queue.id
        senders = { events = [local.rule_arns[rule]], sns = [] }
      }
    },
  )
}

data "aws_iam_policy_document" "queue" {
  for_each = local.receivers

  dynamic "statement" {
    for_each = { for service, arns in each.value.senders : service => arns if length(arns) > 0 }

    content {
      sid       = "${title(statement.key)}MaySend"
      actions   = ["sqs:SendMessage"]
      resources = [each.value.arn]

      principals {
        type        = "Service"
        identifiers = ["${statement.key}.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value
      }
    }
  }

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  for_each = local.receivers

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.queue[each.key].json
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  dynamic "statement" {
    for_each = contains(keys(local.rules_of_topic), each.key) ? [local.rules_of_topic[each.key]] : []

    content {
      sid       = "RulesMayPublish"
      actions   = ["sns:Publish"]
      resources = [local.topic_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for name in statement.value : local.rule_arns[name]]
      }
    }
  }

  # Alarms, and rules on the account's own bus, such as those for findings of GuardDuty: their modules make them.
  dynamic "statement" {
    for_each = contains(local.topics_of_people, each.key) ? { Alarms = "cloudwatch", AccountsRules = "events" } : {}

    content {
      sid       = "${statement.key}MayPublish"
      actions   = ["sns:Publish"]
      resources = [local.topic_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = ["${statement.value}.amazonaws.com"]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${local.partition}:${statement.value}:${local.place}:${statement.value == "events" ? "rule/*" : "alarm:*"}"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == var.topology.mail.feedback_topic ? [true] : []

    content {
      sid       = "MailServiceMayPublish"
      actions   = ["sns:Publish"]
      resources = [local.topic_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = ["ses.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.topic_arns[each.key]]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  for_each = local.topics

  arn    = aws_sns_topic.this[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}
