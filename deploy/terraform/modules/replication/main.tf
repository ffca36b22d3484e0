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
  name               = "${var.source_bucket.name}-replication-${var.region}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadConfiguration"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [var.source_bucket.arn]
  }

  statement {
    sid = "ReadVersions"
    actions = [
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${var.source_bucket.arn}/*"]
  }

  statement {
    sid       = "WriteCopies"
    actions   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${var.destination_bucket.arn}/*"]
  }

  statement {
    sid       = "ReadEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [var.source_bucket.kms_key_arn]
  }

  statement {
    sid       = "EncryptCopies"
    actions   = ["kms:Encrypt"]
    resources = [var.destination_bucket.kms_key_arn]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "replication"
  role   = aws_iam_role.this.id
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
