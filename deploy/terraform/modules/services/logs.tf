locals {
  log_groups = "/bbws-orders/${var.environment}"
}

resource "aws_cloudwatch_log_group" "process" {
  for_each = toset(concat(local.roles, ["key-rotation"]))

  name              = "${local.log_groups}/${each.key}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.log_key_arn
}

resource "aws_cloudwatch_log_group" "shared" {
  for_each = {
    audit    = local.audit_days
    sidecars = var.logs.retention_days
    metrics  = var.logs.retention_days
  }

  name              = "${local.log_groups}/${each.key}"
  retention_in_days = each.value
  kms_key_id        = var.log_key_arn
  # Audit records outlive what wrote them.
  skip_destroy = each.key == "audit" && var.environment == "prod"
}

locals {
  # CloudWatch keeps logs for some numbers of days only; audit records are kept for the next above: seven years, 2,555
  # days, become 2,557.
  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  known_days = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ]
  audit_days = min([for days in local.known_days : days if days >= var.logs.audit_days]...)
}

locals {
  configuration_bucket = "bbws-orders-sidecars-${var.environment}${var.failover_suffix}"
  # From the name, so that a plan has the policy whole.
  configuration_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.configuration_bucket}"
}

# The log router reads its configuration from S3 when a task starts.
resource "aws_s3_bucket" "configuration" {
  #checkov:skip=CKV2_AWS_61:every configuration stays: a task definition that is gone back to finds its own, and each has some hundred bytes
  #checkov:skip=CKV2_AWS_62:nothing listens: tasks read it when they start
  #checkov:skip=CKV_AWS_144:each region's bucket is written from this tree
  #checkov:skip=CKV_AWS_145:nothing in it is secret: it stands in this repository
  #checkov:skip=CKV_AWS_18:our own tasks read it, at each start; who changes it, the trail says
  bucket        = local.configuration_bucket
  force_destroy = true # written from this tree alone
}

resource "aws_s3_bucket_public_access_block" "configuration" {
  bucket = aws_s3_bucket.configuration.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "configuration" {
  bucket = aws_s3_bucket.configuration.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "configuration" {
  bucket = aws_s3_bucket.configuration.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "configuration" {
  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.configuration_arn, "${local.configuration_arn}/*"]

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
}

resource "aws_s3_bucket_policy" "configuration" {
  bucket = aws_s3_bucket.configuration.id
  policy = data.aws_iam_policy_document.configuration.json

  depends_on = [aws_s3_bucket_public_access_block.configuration]
}

locals {
  sidecars   = "${path.module}/../../../sidecars"
  log_router = file("${local.sidecars}/log-router.conf")
  # What the router had before: a task definition that is gone back to finds its own, and so does a task of it that starts
  # while a release goes on. A file that is no more is an object that is no more.
  former_log_routers = [for name in fileset(local.sidecars, "log-router-before/*.conf") : file("${local.sidecars}/${name}")]

  log_router_name = substr(sha256(local.log_router), 0, 12)
  log_routers     = { for content in distinct(concat([local.log_router], local.former_log_routers)) : substr(sha256(content), 0, 12) => content }
}

# Each has the name of its content, which never changes.
resource "aws_s3_object" "log_router" {
  for_each = local.log_routers

  bucket       = aws_s3_bucket.configuration.id
  key          = "log-router-${each.key}.conf"
  content      = each.value
  content_type = "text/plain"
}
