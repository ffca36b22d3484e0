# The bucket of trail and recorded configuration, and the log of who read it.

locals {
  name    = "bbws-audit-${var.environment}${var.suffix}"
  buckets = local.has_bucket ? { audit = local.name, logs = "${local.name}-access-logs" } : {}
  s3      = "arn:${local.partition}:s3:::"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:The record stays in the region that it is of; CloudWatch Logs has its last weeks a second time.
  #checkov:skip=CKV2_AWS_62:Nothing waits for a log file: what is urgent comes from GuardDuty as an event.
  #checkov:skip=CKV_AWS_145:The key is a figure of the environment: customer-managed in production, S3's own elsewhere.
  #checkov:skip=CKV_AWS_18:The audit bucket is logged to the other; a log of the log would have no end.
  #checkov:skip=CKV_AWS_21:The audit bucket is versioned; access logs are written once and never again.
  for_each = local.buckets

  bucket        = each.value
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "audit" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.this["audit"].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # Log delivery can't use a key of ours.
    bucket_key_enabled = local.customer_managed && each.key == "audit"

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.customer_managed && each.key == "audit" ? "aws:kms" : "AES256"
      kms_master_key_id = local.customer_managed && each.key == "audit" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "audit" {
  count = local.has_bucket ? 1 : 0

  bucket        = aws_s3_bucket.this["audit"].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "${local.name}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.audit]
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${local.s3}${each.value}", "${local.s3}${each.value}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # The life cycle still ends them: that is no call of anybody's.
  dynamic "statement" {
    for_each = var.deletion_protection ? [true] : []

    content {
      sid       = "NobodyDeletes"
      effect    = "Deny"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      resources = ["${local.s3}${each.value}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }

  # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
  dynamic "statement" {
    for_each = each.key == "audit" && local.has_trail ? { s3GetBucketAcl = "", s3PutObject = "/AWSLogs/${local.account}/*" } : {}

    content {
      sid       = statement.key == "s3PutObject" ? "TrailMayWrite" : "TrailMayLook"
      actions   = [statement.key == "s3PutObject" ? "s3:PutObject" : "s3:GetBucketAcl"]
      resources = ["${local.s3}${each.value}${statement.value}"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }

      dynamic "condition" {
        for_each = statement.key == "s3PutObject" ? [true] : []

        content {
          test     = "StringEquals"
          variable = "s3:x-amz-acl"
          values   = ["bucket-owner-full-control"]
        }
      }
    }
  }

  # https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
  dynamic "statement" {
    for_each = each.key == "audit" && var.config ? [true] : []

    content {
      sid       = "RecorderMayLook"
      actions   = ["s3:GetBucketAcl", "s3:ListBucket"]
      resources = ["${local.s3}${each.value}"]

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

  dynamic "statement" {
    for_each = each.key == "audit" && var.config ? [true] : []

    content {
      sid       = "RecorderMayWrite"
      actions   = ["s3:PutObject"]
      resources = ["${local.s3}${each.value}/AWSLogs/${local.account}/Config/*"]

      principals {
        type        = "Service"
        identifiers = ["config.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }

      condition {
        test     = "StringEquals"
        variable = "s3:x-amz-acl"
        values   = ["bucket-owner-full-control"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? [true] : []

    content {
      sid       = "LogDelivery"
      actions   = ["s3:PutObject"]
      resources = ["${local.s3}${each.value}/*"]

      principals {
        type        = "Service"
        identifiers = ["logging.s3.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = ["${local.s3}${local.name}"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = data.aws_iam_policy_document.bucket[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}
