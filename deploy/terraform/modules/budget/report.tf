# The monthly report reads the budget, and nothing else. GitHub's workflows take the role; nothing is stored with them.

data "aws_iam_policy_document" "trust" {
  #checkov:skip=CKV_AWS_358:The subject is put together from variables that refuse wildcards; the module's test reads it whole.
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["${local.prefix}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${local.issuer}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.report.repository}:environment:${var.report.environment}"]
    }
  }
}

resource "aws_iam_role" "report" {
  name                 = "bbws-orders-report-${var.environment}"
  description          = "For the monthly cost report, by a workflow on GitHub."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
  max_session_duration = 3600
}

data "aws_iam_policy_document" "report" {
  statement {
    sid       = "ReadBudget"
    actions   = ["budgets:ViewBudget"]
    resources = ["${local.prefix}:budgets::${data.aws_caller_identity.current.account_id}:budget/${local.budget}"]
  }
}

resource "aws_iam_role_policy" "report" {
  name   = "report"
  role   = aws_iam_role.report.name
  policy = data.aws_iam_policy_document.report.json
}
