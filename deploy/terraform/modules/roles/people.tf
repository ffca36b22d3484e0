# Roles that people take: operators' commands, reading, and the switch between regions.
locals {
  people_grants = {
    operator = concat([
      for name in [
        "FindQueues", "ProbeQueues", "FindRuleDeadLetters", "LookAtDeadLetters", "RemoveDeadLetters", "SendAgain",
        "ReadItems", "ReadHistory", "ListTenantsOrders", "FindByNumber", "ListByDay", "ListEvents", "ListOutbox",
        "ChangeSuppressions", "PublishEvents",
        "ReadTemplates", "SeeTemplates", "ReadFigures",
      ] : { sid = name, given = local.statements[name] }
    ], [for name, given in local.key_statements : { sid = name, given = given } if name != "UseSecretsKey"])
    reader = [
      {
        sid = "LookAtHowItRuns"
        given = {
          actions = [
            "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData", "cloudwatch:ListDashboards",
            "cloudwatch:ListMetrics", "ecs:DescribeClusters", "ecs:DescribeServices", "ecs:DescribeTaskDefinition",
            # When something was released, and the image before it.
            "ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments",
            "ecs:DescribeTasks", "ecs:ListServices", "ecs:ListTasks", "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
            # A query's answer is fetched by its id, and groups are listed before one is chosen: none takes a resource.
            "logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery",
            "xray:BatchGetTraces", "xray:GetTraceSummaries",
          ]
          resources  = ["*"]
          conditions = []
        }
      },
      {
        sid = "ReadLogs"
        given = {
          actions    = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery", "logs:DescribeLogStreams"]
          resources  = [local.log_groups, "${local.log_groups}:log-stream:*"]
          conditions = []
        }
      },
      {
        sid   = "SeeQueues"
        given = { actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], resources = concat(local.every_queue, local.rule_dead_letter_queues), conditions = [] }
      },
    ]
    # Changes which region writes, and nothing else: `orders dr`.
    region-switch = [for region in try(var.control_table.regions, []) : {
      sid = "SwitchWriter${replace(title(region), "-", "")}"
      given = {
        actions    = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        resources  = ["${local.prefix}:dynamodb:${region}:${local.account}:table/${var.control_table.name}"]
        conditions = []
      }
    }]
  }
  # Without a control table there is nothing to switch.
  people_roles = { for role, statements in local.people_grants : role => statements if length(statements) > 0 }
}

data "aws_iam_policy_document" "people" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.people
    }

    dynamic "condition" {
      for_each = var.mfa ? [true] : []

      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = ["true"]
      }
    }
  }
}

resource "aws_iam_role" "people" {
  for_each = local.people_roles

  name                 = "bbws-orders-${var.environment}-${each.key}-${local.region}"
  description          = "For people: ${each.key} of the order service."
  assume_role_policy   = data.aws_iam_policy_document.people.json
  permissions_boundary = var.permissions_boundary_arn
  max_session_duration = 3600
}

data "aws_iam_policy_document" "people_may" {
  for_each = local.people_roles

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.value.sid
      actions   = statement.value.given.actions
      resources = statement.value.given.resources

      dynamic "condition" {
        for_each = statement.value.given.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role_policy" "people" {
  for_each = local.people_roles

  name   = "task"
  role   = aws_iam_role.people[each.key].name
  policy = data.aws_iam_policy_document.people_may[each.key].json
}
