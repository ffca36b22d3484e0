data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # Only for tasks of this account: see "confused deputy" in the ECS guide.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.prefix}:ecs:${local.here}:*"]
    }
  }
}

resource "aws_iam_role" "task" {
  for_each = local.grants

  name                 = "bbws-orders-${var.environment}-${each.key}-${local.region}"
  description          = "What orders ${each.key} may do."
  assume_role_policy   = data.aws_iam_policy_document.tasks.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "task" {
  for_each = local.role_statements

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role_policy" "task" {
  for_each = local.grants

  name   = "task"
  role   = aws_iam_role.task[each.key].name
  policy = data.aws_iam_policy_document.task[each.key].json
}

# What ECS itself does before a task runs: images, logs of sidecars, secrets that become settings.
resource "aws_iam_role" "execution" {
  for_each = local.grants

  name                 = "bbws-orders-${var.environment}-${each.key}-execution-${local.region}"
  description          = "What ECS does to start orders ${each.key}."
  assume_role_policy   = data.aws_iam_policy_document.tasks.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "execution" {
  for_each = local.grants

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    resources = [var.repository_arn]
  }

  # GuardDuty's agent comes from a repository of AWS's, in another account for each region. A role pulls only what a task
  # is made of, so the name is enough.
  # https://docs.aws.amazon.com/guardduty/latest/ug/prereq-runtime-monitoring-ecs-support.html
  dynamic "statement" {
    for_each = var.runtime_monitoring ? [true] : []

    content {
      sid       = "PullAgentOfGuardDuty"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
      resources = ["${local.prefix}:ecr:${local.region}:*:repository/aws-guardduty-agent-fargate"]
    }
  }

  statement {
    sid = "LogInToRegistry"
    # ECR knows no resource for it.
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "WriteSidecarsLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_groups}:log-stream:*"]
  }

  dynamic "statement" {
    for_each = try(length(var.secrets[each.key].parameters), 0) > 0 ? [var.secrets[each.key].parameters] : []

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameters"]
      resources = [for name in statement.value : "${local.prefix}:ssm:${local.here}:parameter/${var.secret_prefix}/${name}"]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.grants

  name   = "execution"
  role   = aws_iam_role.execution[each.key].name
  policy = data.aws_iam_policy_document.execution[each.key].json
}
