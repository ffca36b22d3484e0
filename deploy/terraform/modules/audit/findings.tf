# GuardDuty: what it watches, and who is told of severe findings.

locals {
  watches = var.guardduty != "off"
  agent   = var.runtime_monitoring ? "ENABLED" : "DISABLED"
  # GuardDuty calls 7 and above high, 9 and above critical.
  severe = 7
  rules = {
    threats  = "bbws-threats-${var.environment}"
    isolate  = "bbws-isolate-task-${var.environment}"
    isolated = "bbws-isolated-task-${var.environment}"
  }
  rule_arns = { for key, name in local.rules : key => "arn:${local.partition}:events:${local.region}:${local.account}:rule/${name}" }
}

resource "aws_guardduty_detector" "this" {
  #checkov:skip=CKV2_AWS_3:The accounts are in no organisation that this tree knows: each region in use has a detector of its own.
  count = local.watches ? 1 : 0

  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

resource "aws_guardduty_detector_feature" "objects" {
  count = local.watches ? 1 : 0

  detector_id = aws_guardduty_detector.this[0].id
  name        = "S3_DATA_EVENTS"
  status      = "ENABLED"
}

# With it, GuardDuty puts an agent of its own beside the containers of each task that starts from then on. Off is said too:
# what an account had before is taken back.
resource "aws_guardduty_detector_feature" "tasks" {
  count = local.watches ? 1 : 0

  detector_id = aws_guardduty_detector.this[0].id
  name        = "RUNTIME_MONITORING"
  status      = local.agent

  additional_configuration {
    name   = "ECS_FARGATE_AGENT_MANAGEMENT"
    status = local.agent
  }

  # Neither is used here; GuardDuty answers with all three.
  additional_configuration {
    name   = "EC2_AGENT_MANAGEMENT"
    status = "DISABLED"
  }

  additional_configuration {
    name   = "EKS_ADDON_MANAGEMENT"
    status = "DISABLED"
  }
}

resource "aws_cloudwatch_event_rule" "threats" {
  count = local.watches ? 1 : 0

  name        = local.rules.threats
  description = "Severe findings of GuardDuty are told at once"

  event_pattern = jsonencode({
    source      = ["aws.guardduty"]
    detail-type = ["GuardDuty Finding"]
    detail      = { severity = [{ numeric = [">=", local.severe] }] }
  })
}

resource "aws_cloudwatch_event_target" "threats" {
  count = local.watches ? 1 : 0

  rule      = aws_cloudwatch_event_rule.threats[0].name
  target_id = "page"
  arn       = var.page_topic_arn

  input_transformer {
    input_paths = {
      account  = "$.account"
      finding  = "$.detail.id"
      region   = "$.region"
      severity = "$.detail.severity"
      time     = "$.time"
      title    = "$.detail.title"
      type     = "$.detail.type"
    }
    input_template = "\"GuardDuty, severity <severity>, account <account>, <region>, <time>: <title> (<type>). Finding <finding>.\""
  }

  lifecycle {
    precondition {
      condition     = var.page_topic_arn != null
      error_message = "page_topic_arn must be a topic's ARN when guardduty is on or automated-response: somebody has to be told."
    }
  }
}
