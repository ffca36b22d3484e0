data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  aliases   = { for name in var.names : name => "alias/bbws-orders-${name}-${var.environment}" }

  # The services through which a role may use a key: never the key itself. What copies to the other region may come from
  # there: DynamoDB, AWS Backup, Secrets Manager.
  through = {
    table   = ["dynamodb.*.amazonaws.com", "backup.*.amazonaws.com"]
    buckets = ["s3.${local.region}.amazonaws.com"]
    secrets = ["secretsmanager.*.amazonaws.com"]
    logs    = []
    audit   = ["s3.${local.region}.amazonaws.com"]
    backups = ["dynamodb.*.amazonaws.com", "backup.*.amazonaws.com"]
    topics  = ["sns.${local.region}.amazonaws.com"]
  }

  trails = "arn:${local.partition}:cloudtrail:*:${local.account}:trail/*"

  # The services that use a key by themselves: each for log groups, topics, trails or configuration of this account.
  services = {
    table   = {}
    buckets = {}
    secrets = {}
    logs    = local.log_groups
    backups = {}
    audit = merge(local.log_groups, {
      CloudTrail = {
        principal = "cloudtrail.amazonaws.com"
        actions   = ["kms:DescribeKey", "kms:GenerateDataKey*"]
        context   = {}
        sources   = [local.trails]
      }
      Config = {
        principal = "config.amazonaws.com"
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        context   = {}
        sources   = []
      }
    })
    # What publishes to topics. Rules of EventBridge send neither source nor account to KMS: the topic says whose it is.
    topics = {
      for name in ["budgets", "cloudwatch", "events", "ses"] : title(name) => {
        principal = "${name}.amazonaws.com"
        actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
        context   = { "aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:*" }
        sources   = []
      }
    }
  }

  log_groups = {
    CloudWatchLogs = {
      principal = "logs.${local.region}.amazonaws.com"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      context   = { "aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:*" }
      sources   = []
    }
  }
}

data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_109:in a key's policy "*" is that key; the account's administrators must be able to manage it
  #checkov:skip=CKV_AWS_111:in a key's policy "*" is that key; using it is bound to a service by kms:ViaService
  #checkov:skip=CKV_AWS_356:in a key's policy "*" is that key and nothing else
  for_each = var.names

  # The account's own policies say who may manage a key: without this statement nobody could, not even to change it.
  # They can't give anyone what is not in it: to encrypt and decrypt.
  statement {
    sid = "AccountManages"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:Describe*",
      "kms:Disable*",
      "kms:Enable*",
      "kms:Get*",
      "kms:List*",
      "kms:Put*",
      "kms:Revoke*",
      "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:Update*",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  # Policies of roles decide who, this statement by which way: a key opens nothing outside of its service.
  dynamic "statement" {
    for_each = length(local.through[each.key]) > 0 ? [local.through[each.key]] : []

    content {
      sid       = "AccountUsesThroughServices"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = statement.value
      }
    }
  }

  # DynamoDB and AWS Backup go on with grants after the call that asked for it.
  dynamic "statement" {
    for_each = length(local.through[each.key]) > 0 ? [local.through[each.key]] : []

    content {
      sid       = "AccountGrantsToServices"
      actions   = ["kms:CreateGrant"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = statement.value
      }

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.services[each.key]

    content {
      sid       = "${statement.key}MayUse"
      actions   = statement.value.actions
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.principal]
      }

      # Who names no account names the log group, topic or trail, which have it in their ARN.
      dynamic "condition" {
        for_each = length(statement.value.context) + length(statement.value.sources) > 0 ? [] : [local.account]

        content {
          test     = "StringEquals"
          variable = "aws:SourceAccount"
          values   = [condition.value]
        }
      }

      dynamic "condition" {
        for_each = statement.value.context

        content {
          test     = "ArnLike"
          variable = "kms:EncryptionContext:${condition.key}"
          values   = [condition.value]
        }
      }

      dynamic "condition" {
        for_each = length(statement.value.sources) > 0 ? [statement.value.sources] : []

        content {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = condition.value
        }
      }
    }
  }
}

resource "aws_kms_key" "this" {
  for_each = var.names

  description             = "bbws-orders ${each.key}, ${var.environment}"
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_days
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.this[each.key].json
}

resource "aws_kms_alias" "this" {
  for_each = var.names

  name          = local.aliases[each.key]
  target_key_id = aws_kms_key.this[each.key].key_id
}
