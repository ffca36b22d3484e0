data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # ARNs of this account: local.arn["sqs"] in any region, local.global["iam"] in none.
  arn = {
    for service in [
      "acm", "application-autoscaling", "backup", "cloudtrail", "cloudwatch", "config", "dynamodb", "ec2", "ecr", "ecs",
      "elasticloadbalancing", "events", "kms", "logs", "scheduler", "secretsmanager", "ses", "sns", "sqs",
      "ssm", "wafv2", "xray",
    ] : service => "arn:${local.partition}:${service}:*:${local.account}"
  }
  iam      = "arn:${local.partition}:iam::${local.account}"
  name     = "github-2-bbws-order-lambda-${var.environment}"
  boundary = "bbws-boundary-${var.environment}"
  issuer   = "token.actions.githubusercontent.com"

  # Conditions that several statements have.
  in_regions = { test = "StringEquals", variable = "aws:RequestedRegion", values = var.regions }
  tagged     = { test = "StringEquals", variable = "aws:ResourceTag/Repository", values = [var.repository_tag] }
  tagging    = { test = "StringEquals", variable = "aws:RequestTag/Repository", values = [var.repository_tag] }
  bounded    = { test = "StringEquals", variable = "iam:PermissionsBoundary", values = ["${local.iam}:policy/${local.boundary}"] }

  # One policy each: a policy has 6,144 characters at most, and a role ten policies.
  policies = {
    state    = local.state
    look     = local.look
    network  = local.network
    compute  = local.compute
    data     = local.data
    watch    = local.watch
    identity = local.identity
    never    = local.never
  }
}

data "aws_iam_policy_document" "trust" {
  #checkov:skip=CKV_AWS_358:The subject is put together from variables that refuse wildcards; the module's test reads it whole.
  statement {
    sid     = "WorkflowsInApprovedEnvironments"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["${local.iam}:oidc-provider/${local.issuer}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Whole names, no pattern: a branch, a pull request or a fork has another subject.
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = [for name in var.environments : "repo:${var.repository}:environment:${name}"]
    }
  }
}

# It exists: the environment's root imports it under its name.
resource "aws_iam_role" "this" {
  name                 = local.name
  description          = "Releases of bbws-orders to ${var.environment}, taken by workflows on GitHub"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
}

data "aws_iam_policy_document" "this" {
  for_each = local.policies

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.value.sid
      effect    = lookup(statement.value, "effect", "Allow")
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = lookup(statement.value, "conditions", [])

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "bbws-release-${each.key}-${var.environment}"
  description = "What releases of bbws-orders may do: ${each.key}"
  policy      = data.aws_iam_policy_document.this[each.key].minified_json

  lifecycle {
    precondition {
      condition     = length(data.aws_iam_policy_document.this[each.key].minified_json) <= 6144
      error_message = "The policy ${each.key} has more than 6144 characters: split it."
    }
  }
}

# These and no others: what the role was given when it released functions goes.
resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = [for policy in aws_iam_policy.this : policy.arn]
}

resource "aws_iam_role_policies_exclusive" "this" {
  role_name    = aws_iam_role.this.name
  policy_names = []
}
