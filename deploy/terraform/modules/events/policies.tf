# Who may send to a queue or topic: the rules and topics that lead to it, and nobody without TLS.

data "aws_iam_policy_document" "queue" {
  for_each = local.fed_queues

  dynamic "statement" {
    for_each = contains(keys(local.rules_of_queue), each.key) ? [local.rules_of_queue[each.key]] : []

    content {
      sid       = "RulesMaySend"
      actions   = ["sqs:SendMessage"]
      resources = [var.queues[each.key].arn]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for name in statement.value : aws_cloudwatch_event_rule.this[name].arn]
      }
    }
  }

  dynamic "statement" {
    for_each = contains(keys(local.topics_of_queue), each.key) ? [local.topics_of_queue[each.key]] : []

    content {
      sid       = "TopicsMaySend"
      actions   = ["sqs:SendMessage"]
      resources = [var.queues[each.key].arn]

      principals {
        type        = "Service"
        identifiers = ["sns.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for key in statement.value : aws_sns_topic.this[key].arn]
      }
    }
  }

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [var.queues[each.key].arn]

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

resource "aws_sqs_queue_policy" "fed" {
  for_each = local.fed_queues

  queue_url = var.queues[each.key].url
  policy    = data.aws_iam_policy_document.queue[each.key].json
}

data "aws_iam_policy_document" "undelivered" {
  for_each = local.rules

  statement {
    sid       = "ItsRuleMaySend"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.undelivered[each.key].arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.this[each.key].arn]
    }
  }

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.undelivered[each.key].arn]

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

resource "aws_sqs_queue_policy" "undelivered" {
  for_each = local.rules

  queue_url = aws_sqs_queue.undelivered[each.key].id
  policy    = data.aws_iam_policy_document.undelivered[each.key].json
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  dynamic "statement" {
    for_each = contains(keys(local.rules_of_topic), each.key) ? [local.rules_of_topic[each.key]] : []

    content {
      sid       = "RulesMayPublish"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this[each.key].arn]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for name in statement.value : aws_cloudwatch_event_rule.this[name].arn]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == var.topology.mail.feedback_topic ? [true] : []

    content {
      sid       = "MailServiceMayPublish"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this[each.key].arn]

      principals {
        type        = "Service"
        identifiers = ["ses.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }
    }
  }

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this[each.key].arn]

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
