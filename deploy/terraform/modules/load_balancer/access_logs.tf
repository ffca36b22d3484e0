locals {
  log_bucket     = "${var.name}-load-balancer-logs-${var.environment}-${local.region}"
  log_bucket_arn = "arn:${local.partition}:s3:::${local.log_bucket}"
  log_buckets    = var.access_logs ? { logs = local.log_bucket } : {}

  # Who brought logs before there was a service principal: accounts of Elastic Load Balancing, one a region, published
  # by AWS. The policy that names them still holds in regions that are older than August 2022.
  delivery_accounts = {
    af-south-1 = "098369216593"
    eu-west-1  = "156460612806"
  }
  delivery_account = lookup(local.delivery_accounts, local.region, null)
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:a log of who reads the access logs would be one of logs, without end; CloudTrail has the calls
  #checkov:skip=CKV_AWS_21:objects are written once by AWS and never changed
  #checkov:skip=CKV_AWS_144:a region's access logs are of use in that region
  #checkov:skip=CKV_AWS_145:log delivery of load balancers writes with keys of S3 only (SSE-S3)
  #checkov:skip=CKV2_AWS_62:nobody waits for access logs
  for_each = local.log_buckets

  bucket        = each.value
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "logs" {
  for_each = local.log_buckets

  bucket                  = aws_s3_bucket.logs[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id

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

data "aws_iam_policy_document" "logs" {
  for_each = local.log_buckets

  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.log_bucket_arn, "${local.log_bucket_arn}/*"]

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

  # AWS puts the account of the load balancer into the path: another account's logs don't come in.
  statement {
    sid       = "LogDelivery"
    actions   = ["s3:PutObject"]
    resources = ["${local.log_bucket_arn}/AWSLogs/${local.account}/*"]

    principals {
      type        = "Service"
      identifiers = ["logdelivery.elasticloadbalancing.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = local.delivery_account == null ? [] : [local.delivery_account]

    content {
      sid       = "LogDeliveryOfOlderRegions"
      actions   = ["s3:PutObject"]
      resources = ["${local.log_bucket_arn}/AWSLogs/${local.account}/*"]

      principals {
        type        = "AWS"
        identifiers = ["arn:${local.partition}:iam::${statement.value}:root"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  for_each = local.log_buckets

  bucket = aws_s3_bucket.logs[each.key].id
  policy = data.aws_iam_policy_document.logs[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.logs]
}
