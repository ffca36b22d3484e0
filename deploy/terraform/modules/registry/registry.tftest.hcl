# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  encryption      = "customer-managed"
  kms_key_arn     = "arn:aws:kms:af-south-1:123456789012:key/1"
  replicate_to    = ["eu-west-1"]
  reader_accounts = ["210987654321"]
}

run "production" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.name == "bbws-orders" && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && !aws_ecr_repository.this.force_delete
    error_message = "Tags can't be moved, and a destroy keeps images."
  }
  assert {
    condition     = one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push
    error_message = "Images are scanned when they are pushed."
  }
  assert {
    condition     = one(aws_ecr_repository.this.encryption_configuration).encryption_type == "KMS" && one(aws_ecr_repository.this.encryption_configuration).kms_key == var.kms_key_arn
    error_message = "Images are encrypted by the key."
  }
  assert {
    condition     = one(one(aws_ecr_replication_configuration.this[0].replication_configuration).rule).destination[0].region == "eu-west-1"
    error_message = "Images are copied to the failover region."
  }
  assert {
    condition     = one(one(one(aws_ecr_replication_configuration.this[0].replication_configuration).rule).repository_filter).filter == "bbws-orders"
    error_message = "Only the service's own images are copied."
  }
  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this.policy).rules : rule.selection.countNumber] == [10000, 14, 50]
    error_message = "Releases stay, images without a tag go after 14 days, of the others 50 stay."
  }
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection.tagPrefixList == ["v", "release-"]
    error_message = "The rule of releases comes first: no rule after it removes them."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_ecr_repository_policy.readers[0].policy).Statement :
      statement.Condition.ArnLike["aws:PrincipalArn"] == "arn:aws:iam::210987654321:role/github-2-bbws-order-lambda-*"
      && !contains(statement.Action, "ecr:PutImage")
    ])
    error_message = "Another account's release role may pull, nobody else and nothing more."
  }
}

run "one_role_alone_may_pull" {
  command = plan

  variables {
    reader_role = "github-2-bbws-order-lambda-sit"
  }

  assert {
    condition     = jsondecode(aws_ecr_repository_policy.readers[0].policy).Statement[0].Condition.ArnLike["aws:PrincipalArn"] == "arn:aws:iam::210987654321:role/github-2-bbws-order-lambda-sit"
    error_message = "The role is named whole."
  }
}

run "one_region_and_no_readers" {
  command = plan

  variables {
    encryption      = "aws-managed"
    kms_key_arn     = null
    replicate_to    = []
    reader_accounts = []
  }

  assert {
    condition     = length(aws_ecr_replication_configuration.this) == 0 && length(aws_ecr_repository_policy.readers) == 0
    error_message = "Nothing is copied, and no other account reads."
  }
  assert {
    condition     = one(aws_ecr_repository.this.encryption_configuration).encryption_type == "AES256"
    error_message = "Images are encrypted by ECR."
  }
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "enough_images_stay_to_roll_back" {
  command = plan

  variables {
    keep_images = 2
  }

  expect_failures = [var.keep_images]
}

run "readers_are_accounts" {
  command = plan

  variables {
    reader_accounts = ["prod"]
  }

  expect_failures = [var.reader_accounts]
}

run "copies_go_to_regions" {
  command = plan

  variables {
    replicate_to = ["Ireland"]
  }

  expect_failures = [var.replicate_to]
}

run "releases_have_a_prefix" {
  command = plan

  variables {
    release_prefixes = []
  }

  expect_failures = [var.release_prefixes]
}
