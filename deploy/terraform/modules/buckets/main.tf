locals {
  names     = { for bucket in var.buckets : bucket.key => "${bucket.name}-${var.environment}${var.suffix}" }
  log_names = var.access_logs ? { logs = "${local.names.orders}-access-logs" } : {}
  all_names = merge(local.names, local.log_names)

  # As document_days of src/orders/ports/retention.py has them: each day at an order's end, for as long as a message is
  # kept that dates its documents, and fewer for what is rendered later.
  retained_days = var.retain_years == null ? [] : concat(
    [for power in range(12) : pow(2, power)],
    range(365 * var.retain_years - 20, 365 * var.retain_years + 1),
  )

  # From the names, so that a plan has the policies whole.
  arns = { for key, name in local.all_names : key => "arn:${data.aws_partition.current.partition}:s3:::${name}" }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV2_AWS_61:each bucket has its life cycle below; the check does not follow for_each
  #checkov:skip=CKV2_AWS_62:nothing listens: documents and templates are written by the service, which publishes events
  #checkov:skip=CKV_AWS_144:production's buckets are replicated by the module replication; the others have one region
  #checkov:skip=CKV_AWS_21:versions are a figure of the environment: dev keeps none; access logs are written once
  #checkov:skip=CKV_AWS_145:encryption by a key of ours is a figure of the environment; access logs can't have it
  for_each = local.all_names

  bucket        = each.value
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.all_names

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.all_names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.names

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    # "Disabled" only means "never turned on": once it was, AWS knows no more than "Suspended".
    status = var.versioning ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.all_names

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # Log delivery can't use a key of ours.
    bucket_key_enabled = var.encryption == "SSE-KMS" && each.key != "logs"

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption == "SSE-KMS" && each.key != "logs" ? "aws:kms" : "AES256"
      kms_master_key_id = var.encryption == "SSE-KMS" && each.key != "logs" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = var.access_logs ? local.names : {}

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "${each.value}/"
}

# Documents go with their orders. Shops' profiles and templates stay: only their earlier versions go. Where orders are
# kept for years, a document has no age of its own: the end of its order dates it anew, with a tag that names the days
# left. See docs/adr/0051-retention.md.
resource "aws_s3_bucket_lifecycle_configuration" "documents" {
  bucket = aws_s3_bucket.this["orders"].id
  # By default S3 moves nothing below 128 KB, and documents have a third of that.
  transition_default_minimum_object_size = "varies_by_storage_class"

  rule {
    id     = "documents"
    status = "Enabled"

    filter {
      object_size_greater_than = 0
    }

    dynamic "expiration" {
      for_each = var.document_days == null ? [] : [var.document_days]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = var.earlier_document_days
    }

    dynamic "transition" {
      for_each = var.archive_after_days == null ? [] : [var.archive_after_days]

      content {
        days          = transition.value
        storage_class = "GLACIER_IR"
      }
    }
  }

  # S3 moves nothing below 128 KB into this class, nor watches it there; so small documents stay where they are until
  # they are archived. No archive tiers: they would take hours to give out what a customer asks for.
  dynamic "rule" {
    for_each = var.intelligent_tiering ? [true] : []

    content {
      id     = "large-documents"
      status = "Enabled"

      filter {
        object_size_greater_than = 128 * 1024 - 1
      }

      transition {
        days          = var.tiered_after_days
        storage_class = "INTELLIGENT_TIERING"
      }
    }
  }

  # What expires is hidden first, and is gone a day or two later: an order's days are so many less.
  dynamic "rule" {
    for_each = local.retained_days

    content {
      id     = "ended-orders-${rule.value}"
      status = "Enabled"

      filter {
        tag {
          key   = "retain-days"
          value = tostring(rule.value)
        }
      }

      expiration {
        days = rule.value
      }

      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  rule {
    id     = "markers-of-what-is-gone"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }

    # Markers are no larger than nothing, so that the rule of documents does not see them.
    noncurrent_version_expiration {
      noncurrent_days = var.earlier_document_days
    }
  }

  rule {
    id     = "uploads-that-were-broken-off"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "templates" {
  bucket = aws_s3_bucket.this["templates"].id

  rule {
    id     = "earlier-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.earlier_version_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  for_each = local.log_names

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

data "aws_iam_policy_document" "this" {
  for_each = local.all_names

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arns[each.key], "${local.arns[each.key]}/*"]

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

  # What expires S3 removes itself, and copies are removed by actions of their own: neither asks this policy.
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnt-replicated.html
  dynamic "statement" {
    for_each = var.deny_deletes && each.key != "logs" ? [true] : []

    content {
      sid       = "NobodyDeletes"
      effect    = "Deny"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      resources = ["${local.arns[each.key]}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      # But for documents of somebody whose personal data is erased.
      dynamic "condition" {
        for_each = each.key == "orders" && length(var.erasing_roles) > 0 ? [var.erasing_roles] : []

        content {
          test     = "ArnNotEquals"
          variable = "aws:PrincipalArn"
          values   = [for role in condition.value : "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${role}"]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? [true] : []

    content {
      sid       = "LogDelivery"
      actions   = ["s3:PutObject"]
      resources = ["${local.arns["logs"]}/*"]

      principals {
        type        = "Service"
        identifiers = ["logging.s3.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for key, name in local.names : local.arns[key]]
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
  for_each = local.all_names

  bucket = aws_s3_bucket.this[each.key].id
  policy = data.aws_iam_policy_document.this[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}
