locals {
  buckets = {
    state = "bbws-terraform-state-${var.environment}"
    logs  = "bbws-terraform-state-${var.environment}-access-logs"
  }
  customer_managed = var.encryption == "customer-managed"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:State describes what one region has; it is small, versioned, and can be made anew by imports.
  #checkov:skip=CKV2_AWS_62:Nothing is to happen when state changes: a release does it, and the lock table tells.
  #checkov:skip=CKV2_AWS_61:S3 takes no life cycle beside MFA delete; without that, and for logs, there is one.
  #checkov:skip=CKV_AWS_145:The key is a figure of the environment: customer-managed in production, S3's own elsewhere.
  #checkov:skip=CKV_AWS_18:The state bucket is logged to the other; a log of the log would have no end.
  #checkov:skip=CKV_AWS_21:State is versioned; access logs are written once and never again.
  for_each = local.buckets

  bucket        = each.value
  force_destroy = false

  lifecycle {
    prevent_destroy = true
  }
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

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.this["state"].id

  versioning_configuration {
    status = "Enabled"
  }

  lifecycle {
    # Only the root user can switch MFA delete, with the device in hand: Terraform leaves what was set.
    ignore_changes = [versioning_configuration[0].mfa_delete]
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # Log delivery can't use a key of ours.
    bucket_key_enabled = local.customer_managed && each.key == "state"

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.customer_managed && each.key == "state" ? "aws:kms" : "AES256"
      kms_master_key_id = local.customer_managed && each.key == "state" ? aws_kms_key.state[0].arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "state" {
  bucket        = aws_s3_bucket.this["state"].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "${local.buckets.state}/"
}

# S3 takes no life cycle on a bucket with MFA delete: there all versions stay.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count = var.mfa_delete ? 0 : 1

  bucket = aws_s3_bucket.this["state"].id

  rule {
    id     = "earlier-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
      # However old: the last ten can be gone back to.
      newer_noncurrent_versions = 10
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.this["logs"].id

  rule {
    id     = "access-logs"
    status = "Enabled"

    filter {}

    expiration {
      days = var.access_log_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${each.value}", "arn:${data.aws_partition.current.partition}:s3:::${each.value}/*"]

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

  dynamic "statement" {
    for_each = each.key == "logs" ? [true] : []

    content {
      sid       = "LogDelivery"
      actions   = ["s3:PutObject"]
      resources = ["arn:${data.aws_partition.current.partition}:s3:::${each.value}/*"]

      principals {
        type        = "Service"
        identifiers = ["logging.s3.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = ["arn:${data.aws_partition.current.partition}:s3:::${local.buckets.state}"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
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

# Two applies at once would each write over the other's state: the first takes the lock.
resource "aws_dynamodb_table" "locks" {
  #checkov:skip=CKV_AWS_119:A lock says who applies and since when: nothing that a key of ours would guard.
  name                        = "terraform-locks-${var.environment}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "LockID"
  deletion_protection_enabled = true

  attribute {
    name = "LockID"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
