# The most that any role of this tree can do, whatever its own policies say. It grants nothing. A release may make and
# change roles only under it, and can't change it: so it can't make a role that can do more than the tree's roles can.

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_107:A boundary is a ceiling: it grants nothing, roles' own policies name their resources.
  #checkov:skip=CKV_AWS_108:A boundary is a ceiling: it grants nothing, roles' own policies name their resources.
  #checkov:skip=CKV_AWS_109:A boundary is a ceiling: it grants nothing, roles' own policies name their resources.
  #checkov:skip=CKV_AWS_111:A boundary is a ceiling: it grants nothing, roles' own policies name their resources.
  #checkov:skip=CKV_AWS_356:A boundary is a ceiling: it grants nothing, roles' own policies name their resources.
  statement {
    sid = "ServicesOfTheTree"
    actions = [
      "acm:Describe*",
      "acm:List*",
      "application-autoscaling:*",
      "backup:*",
      "budgets:ViewBudget",
      "cloudwatch:*",
      "dynamodb:*",
      "ec2:Describe*",
      "ec2:ModifyNetworkInterfaceAttribute",
      "ecr:*",
      "ecs:*",
      "elasticloadbalancing:*",
      "events:*",
      # What GuardDuty's agent sends goes in the name of the task that it runs beside.
      "guardduty:SendSecurityTelemetry",
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ReEncrypt*",
      "logs:*",
      "route53:Get*",
      "route53:List*",
      "s3:*",
      "secretsmanager:*",
      "servicequotas:Get*",
      "servicequotas:List*",
      "ses:*",
      "sns:*",
      "sqs:*",
      "ssm:*",
      "ssmmessages:*",
      "sts:GetCallerIdentity",
      "tag:GetResources",
      "xray:*",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "RolesOfTheTree"
    actions   = ["iam:GetRole", "iam:PassRole"]
    resources = ["${local.iam}:role/bbws-*"]
  }

  statement {
    sid    = "NeverTheGround"
    effect = "Deny"
    actions = [
      "backup:DeleteBackupVault*",
      "backup:DeleteRecoveryPoint",
      "dynamodb:DeleteResourcePolicy",
      "dynamodb:DeleteTable",
      "dynamodb:DeleteTableReplica",
      "dynamodb:PutResourcePolicy",
      "ecr:DeleteRepository",
      "ecr:PutImage",
      "s3:DeleteBucket*",
      "s3:PutBucketPolicy",
      "s3:PutLifecycleConfiguration",
      "secretsmanager:DeleteSecret",
      "secretsmanager:PutResourcePolicy",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "NeverStateOrTrail"
    effect  = "Deny"
    actions = ["s3:Delete*", "s3:Put*"]
    resources = [
      "arn:${local.partition}:s3:::bbws-audit-*",
      "arn:${local.partition}:s3:::bbws-terraform-state-*",
    ]
  }

  statement {
    sid       = "NeverReadState"
    effect    = "Deny"
    actions   = ["s3:GetObject*"]
    resources = ["arn:${local.partition}:s3:::bbws-terraform-state-*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = local.boundary
  description = "The most that roles of bbws-orders can do in ${var.environment}"
  policy      = data.aws_iam_policy_document.boundary.minified_json
}
