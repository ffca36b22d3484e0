# Who did what to the account: kept in the bucket, and for some weeks where it can be searched.

locals {
  trail     = "bbws-audit-${var.environment}"
  trail_arn = "arn:${local.partition}:cloudtrail:${local.region}:${local.account}:trail/${local.trail}"
  trail_log = "bbws-audit-trail-${var.environment}"
  log_arn   = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.trail_log}"
}

resource "aws_cloudtrail" "this" {
  #checkov:skip=CKV_AWS_252:A message for each log file would tell nobody anything: GuardDuty reads the trail and tells what matters.
  #checkov:skip=CKV_AWS_67:Whether other regions are covered is a figure of the environment: yes in production.
  #checkov:skip=CKV_AWS_35:The key is a figure of the environment: customer-managed in production, S3's own elsewhere.
  count = local.has_trail ? 1 : 0

  name                          = local.trail
  s3_bucket_name                = aws_s3_bucket.this["audit"].id
  kms_key_id                    = local.customer_managed ? var.kms_key_arn : null
  is_multi_region_trail         = var.cloudtrail == "multi-region"
  include_global_service_events = true
  # Signed digests each hour: what was changed or taken away of the trail can be proved.
  enable_log_file_validation = true
  cloud_watch_logs_group_arn = "${local.log_arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.trail[0].arn

  advanced_event_selector {
    name = "What is done to the account"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  dynamic "advanced_event_selector" {
    for_each = length(var.data_event_bucket_arns) > 0 ? [true] : []

    content {
      name = "Objects"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::S3::Object"]
      }

      field_selector {
        field       = "resources.ARN"
        starts_with = [for arn in var.data_event_bucket_arns : "${arn}/"]
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = length(var.data_event_table_arns) > 0 ? [true] : []

    content {
      name = "Items"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::DynamoDB::Table"]
      }

      field_selector {
        field  = "resources.ARN"
        equals = var.data_event_table_arns
      }
    }
  }

  depends_on = [aws_s3_bucket_policy.this, aws_cloudwatch_log_group.trail, aws_iam_role_policy.trail]
}

resource "aws_cloudwatch_log_group" "trail" {
  #checkov:skip=CKV_AWS_338:Here the trail is searched; the bucket keeps it, for seven years in production.
  #checkov:skip=CKV_AWS_158:The key is a figure of the environment: customer-managed in production, the service's own elsewhere.
  count = local.has_trail ? 1 : 0

  name              = local.trail_log
  retention_in_days = var.trail_log_days
  kms_key_id        = local.customer_managed ? var.kms_key_arn : null
}

data "aws_iam_policy_document" "trail_assume" {
  statement {
    sid     = "ThisTrail"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_iam_role" "trail" {
  count = local.has_trail ? 1 : 0

  name                 = "bbws-audit-trail-${var.environment}"
  assume_role_policy   = data.aws_iam_policy_document.trail_assume.json
  permissions_boundary = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "trail" {
  statement {
    sid       = "WriteTrailToItsLogGroup"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_arn}:log-stream:${local.account}_CloudTrail_${local.region}*"]
  }
}

resource "aws_iam_role_policy" "trail" {
  count = local.has_trail ? 1 : 0

  name   = "logs"
  role   = aws_iam_role.trail[0].id
  policy = data.aws_iam_policy_document.trail.json
}

# What the key's policy must say beside the account's own statement: services that use a key in their own name are not
# reached by roles' policies.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_111:A key's policy speaks of its own key: "*" is that one.
  #checkov:skip=CKV_AWS_356:A key's policy speaks of its own key: "*" is that one.
  #checkov:skip=CKV_AWS_109:A key's policy speaks of its own key: "*" is that one.
  dynamic "statement" {
    for_each = local.has_trail ? [true] : []

    content {
      sid       = "TrailEncrypts"
      actions   = ["kms:GenerateDataKey*"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:cloudtrail:arn"
        values   = ["arn:${local.partition}:cloudtrail:*:${local.account}:trail/*"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.has_trail ? [true] : []

    content {
      sid       = "TrailChecksKey"
      actions   = ["kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = local.has_trail ? [true] : []

    content {
      sid       = "TrailLogGroupUsesKey"
      actions   = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["logs.${local.region}.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "kms:EncryptionContext:aws:logs:arn"
        values   = [local.log_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = var.config ? [true] : []

    content {
      sid       = "RecorderUsesKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["config.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}
