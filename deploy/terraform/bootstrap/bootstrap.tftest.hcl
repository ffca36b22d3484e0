# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment     = "prod"
  account         = "093646564004"
  region          = "af-south-1"
  encryption      = "customer-managed"
  mfa_delete      = true
  access_log_days = 2555
}

run "production" {
  command = plan

  assert {
    condition     = { for key, bucket in aws_s3_bucket.this : key => bucket.bucket } == { state = "bbws-terraform-state-prod", logs = "bbws-terraform-state-prod-access-logs" }
    error_message = "State and the log of who read it have a bucket each."
  }
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "Buckets are not emptied by a destroy."
  }
  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "Nothing is public."
  }
  assert {
    condition     = one(aws_s3_bucket_versioning.state.versioning_configuration).status == "Enabled"
    error_message = "State is versioned."
  }
  assert {
    condition     = { for key, each in aws_s3_bucket_server_side_encryption_configuration.this : key => one(one(each.rule).apply_server_side_encryption_by_default).sse_algorithm } == { state = "aws:kms", logs = "AES256" }
    error_message = "State is encrypted by a key, its log by S3."
  }
  assert {
    condition     = aws_kms_key.state[0].enable_key_rotation && aws_kms_key.state[0].deletion_window_in_days == 30
    error_message = "The key rotates, and is deleted 30 days after that was asked for."
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.state) == 0
    error_message = "S3 takes no life cycle beside MFA delete."
  }
  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.logs.rule).expiration).days == 2555
    error_message = "The log is kept for seven years."
  }
  assert {
    condition     = alltrue([for policy in aws_s3_bucket_policy.this : anytrue([for statement in jsondecode(policy.policy).Statement : statement.Sid == "NobodyWithoutTls" && statement.Effect == "Deny"])])
    error_message = "Both buckets refuse calls without TLS."
  }
  assert {
    condition     = aws_dynamodb_table.locks.name == "terraform-locks-prod" && aws_dynamodb_table.locks.hash_key == "LockID" && aws_dynamodb_table.locks.billing_mode == "PAY_PER_REQUEST"
    error_message = "Locks are found by LockID, and paid for as they are taken."
  }
  assert {
    condition     = aws_dynamodb_table.locks.deletion_protection_enabled && one(aws_dynamodb_table.locks.point_in_time_recovery).enabled
    error_message = "The table of locks is protected and can be restored."
  }
  assert {
    condition     = aws_iam_openid_connect_provider.github.url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github.client_id_list == toset(["sts.amazonaws.com"])
    error_message = "GitHub's workflows are known by their tokens."
  }
}

run "development" {
  command = plan

  variables {
    environment     = "dev"
    account         = "536580886816"
    region          = "eu-west-1"
    encryption      = "aws-managed"
    mfa_delete      = false
    access_log_days = 30
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.state[0].rule).noncurrent_version_expiration).noncurrent_days == 365
    error_message = "Earlier versions go after a year."
  }
  assert {
    condition     = length(aws_kms_key.state) == 0 && alltrue([for each in aws_s3_bucket_server_side_encryption_configuration.this : one(one(each.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"])
    error_message = "S3 encrypts."
  }
}

run "the_environment_is_one_of_three" {
  command = plan

  variables {
    environment = "uat"
  }

  expect_failures = [var.environment]
}

run "an_account_has_twelve_digits" {
  command = plan

  variables {
    account = "93646564004"
  }

  expect_failures = [var.account]
}

run "a_region_is_one_of_aws" {
  command = plan

  variables {
    region = "Cape Town"
  }

  expect_failures = [var.region]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "damaged_state_can_be_gone_back_from" {
  command = plan

  variables {
    old_version_days = 1
  }

  expect_failures = [var.old_version_days]
}

run "logs_are_kept_for_days" {
  command = plan

  variables {
    access_log_days = 0
  }

  expect_failures = [var.access_log_days]
}
