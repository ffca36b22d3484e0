# The cursor key is renewed by a task of our own image, started by EventBridge Scheduler: there are no functions here.

locals {
  rotation_name = "bbws-orders-rotation-${var.environment}"
  group_arn     = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/${local.rotation_name}"
  cluster_arn   = var.rotated ? "arn:${local.partition}:ecs:${local.region}:${local.account}:cluster/${var.rotation.cluster_name}" : null
  # Without a revision: the newest one is run.
  family_arn = var.rotated ? "arn:${local.partition}:ecs:${local.region}:${local.account}:task-definition/${var.rotation.family}" : null
}

data "aws_iam_policy_document" "scheduler_assume" {
  count = var.rotated ? 1 : 0

  statement {
    sid     = "SchedulerOfThisGroup"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    # Scheduler names the group of a schedule, not the schedule.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.group_arn]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  count = var.rotated ? 1 : 0

  statement {
    sid       = "RunRotationTask"
    actions   = ["ecs:RunTask"]
    resources = [local.family_arn, "${local.family_arn}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [local.cluster_arn]
    }
  }

  statement {
    sid       = "PassRolesOfTask"
    actions   = ["iam:PassRole"]
    resources = [for name in var.rotation.role_names : "arn:${local.partition}:iam::${local.account}:role/${name}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  count = var.rotated ? 1 : 0

  name                 = "${local.rotation_name}-${local.region}"
  assume_role_policy   = data.aws_iam_policy_document.scheduler_assume[0].json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "scheduler" {
  count = var.rotated ? 1 : 0

  name   = "run-task"
  role   = aws_iam_role.scheduler[0].name
  policy = data.aws_iam_policy_document.scheduler[0].json
}

resource "aws_scheduler_schedule_group" "this" {
  count = var.rotated ? 1 : 0

  name = local.rotation_name
}

resource "aws_scheduler_schedule" "cursor_keys" {
  #checkov:skip=CKV_AWS_297:the schedule holds a command and names of resources, nothing secret
  count = var.rotated ? 1 : 0

  name                = "cursor-keys"
  group_name          = aws_scheduler_schedule_group.this[0].name
  description         = "Renews the key that signs cursors: orders keys rotate cursor"
  schedule_expression = var.rotation_days == 1 ? "rate(1 day)" : "rate(${var.rotation_days} days)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.cluster_arn
    role_arn = aws_iam_role.scheduler[0].arn

    ecs_parameters {
      task_definition_arn = local.family_arn
      launch_type         = "FARGATE"
      task_count          = 1

      network_configuration {
        subnets          = var.rotation.subnet_ids
        security_groups  = [var.rotation.security_group_id]
        assign_public_ip = false
      }
    }

    input = var.rotation.container == null ? null : jsonencode({
      containerOverrides = [{ name = var.rotation.container, command = ["keys", "rotate", "cursor", "--json"] }]
    })

    # A second task within the hour is refused by the command: the first one's key is not settled yet.
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }

  lifecycle {
    precondition {
      condition     = contains(var.names, "cursor-keys")
      error_message = "rotated needs the secret cursor-keys among names."
    }
  }
}
