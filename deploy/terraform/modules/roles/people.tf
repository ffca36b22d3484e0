# Roles that people take: operators' commands, reading, and the switch between regions.
locals {
  table_in_both = "${local.prefix}:dynamodb:*:${local.account}:table/${var.table_name}"

  # What `orders dr` needs beside the control table, in both regions.
  switch_statements = [
    {
      sid = "CompareCopies"
      given = {
        actions = [
          "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query",
          "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
        ]
        resources = [
          local.table_in_both, "${local.table_in_both}/index/OrdersByDate", "${local.table_in_both}/index/OutboxPending",
          "${local.table_in_both}/stream/*", "${local.table_in_both}-restored*",
        ]
        conditions = []
      }
    },
    {
      sid = "NoteSwitches"
      given = {
        actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        resources = [local.table_in_both]
        conditions = [
          { test = "ForAllValues:StringLike", variable = "dynamodb:LeadingKeys", values = ["CONTROL#*"] },
          { test = "Null", variable = "dynamodb:LeadingKeys", values = ["false"] },
        ]
      }
    },
    {
      sid = "SeeDocumentsOfBoth"
      given = {
        actions    = ["s3:ListBucket"]
        resources  = [local.documents, "${trimsuffix(local.documents, "-dr")}${endswith(local.documents, "-dr") ? "" : "-dr"}"]
        conditions = []
      }
    },
    {
      sid = "RaiseTasks"
      given = {
        actions    = ["ecs:DescribeServices", "ecs:UpdateService"]
        resources  = ["${local.prefix}:ecs:*:${local.account}:service/bbws-orders-${var.environment}/*"]
        conditions = []
      }
    },
    {
      sid = "LookAtRegions"
      given = {
        actions = [
          "acm:DescribeCertificate", "ecr:DescribeImages", "ecs:DescribeTaskDefinition",
          "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups",
          "route53:GetHealthCheckStatus", "secretsmanager:DescribeSecret", "ses:GetSendQuota",
        ]
        resources  = ["*"]
        conditions = []
      }
    },
  ]

  people_grants = {
    operator = concat([
      for name in [
        "FindQueues", "ProbeQueues", "FindRuleDeadLetters", "LookAtDeadLetters", "RemoveDeadLetters", "SendAgain",
        "ReadItems", "ReadHistory", "ListTenantsOrders", "FindByNumber", "ListByDay", "ListEvents", "ListOutbox",
        "ChangeSuppressions", "PublishEvents", "ReadErasures",
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
    # `orders dr`: changes which region writes, and does for that what it needs in both regions, whose resources have the
    # same names but for the failover region's buckets. Of orders it settles what it publishes, and changes nothing else.
    region-switch = concat(
      [for region in try(var.control_table.regions, []) : {
        sid = "SwitchWriter${replace(title(region), "-", "")}"
        given = {
          actions    = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
          resources  = ["${local.prefix}:dynamodb:${region}:${local.account}:table/${var.control_table.name}"]
          conditions = []
        }
      }],
      [for each in local.switch_statements : each if var.control_table != null],
      [for name in ["PutOrders", "ChangeOrders", "SettleEvents", "PublishEvents", "SendOrders", "FindQueues"] : {
        # A rehearsal goes there and back, and publishes in either region: the same resources, in both.
        sid = name, given = merge(local.statements[name], {
          resources = [for each in local.statements[name].resources : replace(each, ":${local.here}:", ":*:${local.account}:")]
        })
      } if var.control_table != null],
      [for alias in try([var.key_aliases.table], []) : {
        sid = "UseTableKeyOfBoth"
        given = {
          actions   = local.key_statements["UseTableKey"].actions
          resources = ["${local.prefix}:kms:*:${local.account}:key/*"]
          conditions = [
            { test = "ForAnyValue:StringEquals", variable = "kms:ResourceAliases", values = [alias] },
            { test = "StringLike", variable = "kms:ViaService", values = ["dynamodb.*.amazonaws.com"] },
          ]
        }
      } if var.control_table != null],
    )
  }
  # Without a control table there is nothing to switch.
  people_roles = { for role, statements in local.people_grants : role => statements if length(statements) > 0 }
}

data "aws_iam_policy_document" "people" {
  for_each = local.people_roles

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

  # The monthly rehearsal. Whole names, no pattern, as in the module release_role.
  dynamic "statement" {
    for_each = each.key == "region-switch" && var.drill != null ? [var.drill] : []

    content {
      sid     = "RehearseByWorkflow"
      actions = ["sts:AssumeRoleWithWebIdentity"]

      principals {
        type        = "Federated"
        identifiers = ["${local.prefix}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:aud"
        values   = ["sts.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:sub"
        values   = [for name in statement.value.environments : "repo:${statement.value.repository}:environment:${name}"]
      }
    }
  }
}

resource "aws_iam_role" "people" {
  for_each = local.people_roles

  name                 = "bbws-orders-${var.environment}-${each.key}-${local.region}"
  description          = "For people: ${each.key} of the order service."
  assume_role_policy   = data.aws_iam_policy_document.people[each.key].json
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
