data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:The key is a figure of the environment: customer-managed in production, AES256 by ECR elsewhere.
  name = var.name
  # A digest can't change by itself; a tag can't be moved to another image either.
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.encryption == "customer-managed" ? "KMS" : "AES256"
    kms_key         = var.encryption == "customer-managed" ? var.kms_key_arn : null
  }
}

# An image that a rule's tags fit is not removed by a rule after it: the first one, which never has enough images, keeps
# releases. Manifests of an index stay as long as the index does, though they have no tag.
resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Releases stay"
        selection    = { tagStatus = "tagged", tagPrefixList = var.release_prefixes, countType = "imageCountMoreThan", countNumber = 10000 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Images without a tag go after 14 days"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 3
        description  = "Of the others the newest stay"
        selection    = { tagStatus = "tagged", tagPatternList = ["*"], countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}

data "aws_iam_policy_document" "readers" {
  count = length(var.reader_accounts) > 0 ? 1 : 0

  statement {
    sid = "ReleasesOfOtherAccountsPull"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
    ]

    principals {
      type        = "AWS"
      identifiers = [for account in var.reader_accounts : "arn:${data.aws_partition.current.partition}:iam::${account}:root"]
    }

    # The account decides, but only its release role is let in.
    condition {
      test     = "ArnLike"
      variable = "aws:PrincipalArn"
      values   = [for account in var.reader_accounts : "arn:${data.aws_partition.current.partition}:iam::${account}:role/${var.reader_role}"]
    }
  }
}

resource "aws_ecr_repository_policy" "readers" {
  count = length(var.reader_accounts) > 0 ? 1 : 0

  repository = aws_ecr_repository.this.name
  policy     = data.aws_iam_policy_document.readers[0].json
}

# Copies images that are pushed from now on, and only ours.
resource "aws_ecr_replication_configuration" "this" {
  count = length(var.replicate_to) > 0 ? 1 : 0

  replication_configuration {
    rule {
      dynamic "destination" {
        for_each = var.replicate_to

        content {
          region      = destination.value
          registry_id = data.aws_caller_identity.current.account_id
        }
      }

      repository_filter {
        filter      = var.name
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}
