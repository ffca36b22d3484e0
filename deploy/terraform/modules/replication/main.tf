data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

# From the names, so that a plan has the policy whole.
locals {
  source      = "arn:${data.aws_partition.current.partition}:s3:::${var.source_bucket.name}"
  destination = "arn:${data.aws_partition.current.partition}:s3:::${var.destination_bucket.name}"
  keys        = "arn:${data.aws_partition.current.partition}:kms:*:${data.aws_caller_identity.current.account_id}:key/*"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = "${var.source_bucket.name}-replication-${var.region}"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary_arn
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadConfiguration"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.source]
  }

  statement {
    sid = "ReadVersions"
    actions = [
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${local.source}/*"]
  }

  statement {
    sid       = "WriteCopies"
    actions   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${local.destination}/*"]
  }

  # A key is not known before it is made: its alias is, the same in both regions.
  statement {
    sid       = "ReadAndEncryptThroughStorage"
    actions   = ["kms:Decrypt", "kms:Encrypt"]
    resources = [local.keys]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = [var.kms_key_alias]
    }

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["s3.*.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "replication"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = var.source_bucket.name
  role   = aws_iam_role.this.arn

  rule {
    id       = "everything"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    source_selection_criteria {
      # Both ways: what a copy's metadata become is copied back.
      replica_modifications {
        status = "Enabled"
      }

      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket        = var.destination_bucket.arn
      storage_class = "STANDARD"

      encryption_configuration {
        replica_kms_key_id = var.destination_bucket.kms_key_arn
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = var.minutes
        }
      }

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = var.minutes
        }
      }
    }
  }
}
