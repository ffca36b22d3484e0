# Two roles: the event may start the document, the document may cut a task off. Neither can open what was closed.

data "aws_iam_policy_document" "respond_assume" {
  statement {
    sid     = "RuleOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arns.isolate]
    }
  }
}

data "aws_iam_policy_document" "respond" {
  statement {
    sid     = "StartTheDocument"
    actions = ["ssm:StartAutomationExecution"]
    resources = [
      "${local.ssm}:automation-definition/${local.document}:*",
      "${local.ssm}:automation-execution/*",
      "${local.ssm}:document/${local.document}",
    ]
  }

  statement {
    sid       = "LendTheDocumentItsRole"
    actions   = ["iam:PassRole"]
    resources = ["arn:${local.partition}:iam::${local.account}:role/bbws-isolate-task-${var.environment}-${local.region}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ssm.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "respond" {
  count = local.responds ? 1 : 0

  name                 = "bbws-respond-${var.environment}-${local.region}"
  assume_role_policy   = data.aws_iam_policy_document.respond_assume.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "respond" {
  count = local.responds ? 1 : 0

  name   = "respond"
  role   = aws_iam_role.respond[0].id
  policy = data.aws_iam_policy_document.respond.json
}

data "aws_iam_policy_document" "isolate_assume" {
  statement {
    sid     = "DocumentsOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ssm.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.ssm}:automation-execution/*"]
    }
  }
}

data "aws_iam_policy_document" "isolate" {
  statement {
    sid       = "FindAndStopOurTasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["arn:${local.partition}:ecs:${local.region}:${local.account}:task/bbws-*"]
  }

  # Takes no resource: AWS knows it for all interfaces or none.
  statement {
    sid       = "FindInterfaces"
    actions   = ["ec2:DescribeNetworkInterfaces"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.region]
    }
  }

  # Both are asked for one call: the interface, and the group that it is put into.
  statement {
    sid       = "ChangeGroupsOfInterfaces"
    actions   = ["ec2:ModifyNetworkInterfaceAttribute"]
    resources = ["arn:${local.partition}:ec2:${local.region}:${local.account}:network-interface/*"]
  }

  statement {
    sid       = "ButOnlyToTheIsolatingGroup"
    actions   = ["ec2:ModifyNetworkInterfaceAttribute"]
    resources = ["arn:${local.partition}:ec2:${local.region}:${local.account}:security-group/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Purpose"
      values   = [local.isolation]
    }
  }
}

resource "aws_iam_role" "isolate" {
  count = local.responds ? 1 : 0

  name                 = "bbws-isolate-task-${var.environment}-${local.region}"
  assume_role_policy   = data.aws_iam_policy_document.isolate_assume.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "isolate" {
  count = local.responds ? 1 : 0

  name   = "isolate"
  role   = aws_iam_role.isolate[0].id
  policy = data.aws_iam_policy_document.isolate.json
}
