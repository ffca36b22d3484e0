data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  arn       = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.table_name}"
  backups   = "arn:${local.partition}:backup:${local.region}:${local.account}"
}

data "aws_iam_policy_document" "assume" {
  statement {
    sid     = "BackupServiceOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# Takes backups of one table. AWS's own policy for this would let it read every disk, database and file system.
resource "aws_iam_role" "backup" {
  name                 = "bbws-orders-backup-${var.environment}-${local.region}"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary_arn
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html, what it says of DynamoDB.
data "aws_iam_policy_document" "backup" {
  statement {
    sid = "BackUpTable"
    actions = [
      "dynamodb:CreateBackup",
      "dynamodb:DescribeTable",
      "dynamodb:ListTagsOfResource",
      "dynamodb:StartAwsBackupJob",
    ]
    resources = [local.arn]
  }

  # Ends a backup when its retention has passed.
  statement {
    sid       = "EndBackups"
    actions   = ["dynamodb:DeleteBackup", "dynamodb:DescribeBackup"]
    resources = ["${local.arn}/backup/*"]
  }

  statement {
    sid       = "PutIntoVaults"
    actions   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
    resources = ["arn:${local.partition}:backup:*:${local.account}:backup-vault:bbws-orders-${var.environment}*"]
  }

  statement {
    sid       = "CopyFromVault"
    actions   = ["backup:CopyFromBackupVault", "backup:TagResource"]
    resources = ["${local.backups}:recovery-point:*"]
  }

  dynamic "statement" {
    for_each = var.encryption == "customer-managed" ? [true] : []

    content {
      sid       = "UseOurKeys"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      resources = ["arn:${local.partition}:kms:*:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringLike"
        variable = "kms:ResourceAliases"
        values   = ["alias/bbws-orders-*-${var.environment}"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["backup.*.amazonaws.com", "dynamodb.*.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.encryption == "customer-managed" ? [true] : []

    content {
      sid       = "LendOurKeys"
      actions   = ["kms:CreateGrant"]
      resources = ["arn:${local.partition}:kms:*:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringLike"
        variable = "kms:ResourceAliases"
        values   = ["alias/bbws-orders-*-${var.environment}"]
      }

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }
}

resource "aws_iam_role_policy" "backup" {
  name   = "backup"
  role   = aws_iam_role.backup.name
  policy = data.aws_iam_policy_document.backup.json
}

# Buckets need rights of events, lists and versions that change with the service: there its own policy is followed.
resource "aws_iam_role_policy_attachment" "buckets" {
  count = length(var.bucket_arns) > 0 ? 1 : 0

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"
}

# Restores beside the table, never over it: a restored table has a name of its own (ORDERS_TABLE then names it).
resource "aws_iam_role" "restore" {
  name                 = "bbws-orders-restore-${var.environment}-${local.region}"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "restore" {
  statement {
    sid       = "ReadBackups"
    actions   = ["dynamodb:DescribeBackup", "dynamodb:RestoreTableFromAwsBackup", "dynamodb:RestoreTableFromBackup"]
    resources = ["${local.arn}/backup/*", "${local.backups}:recovery-point:*"]
  }

  statement {
    sid = "FillRestoredTable"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeTable",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:RestoreTableFromAwsBackup",
      "dynamodb:RestoreTableFromBackup",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = ["${local.arn}-restored*"]
  }

  dynamic "statement" {
    for_each = var.encryption == "customer-managed" ? [true] : []

    content {
      sid       = "UseOurKeys"
      actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      resources = ["arn:${local.partition}:kms:*:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringLike"
        variable = "kms:ResourceAliases"
        values   = ["alias/bbws-orders-*-${var.environment}"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["backup.*.amazonaws.com", "dynamodb.*.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "restore" {
  name   = "restore"
  role   = aws_iam_role.restore.name
  policy = data.aws_iam_policy_document.restore.json
}
