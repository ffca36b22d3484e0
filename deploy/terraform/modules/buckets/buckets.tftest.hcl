# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment         = "prod"
  buckets             = [{ key = "orders", name = "shop-orders" }, { key = "templates", name = "shop-templates" }]
  versioning          = true
  document_days       = 2555
  archive_after_days  = 730
  encryption          = "SSE-KMS"
  kms_key_arn         = "arn:aws:kms:af-south-1:123456789012:key/1"
  access_logs         = true
  deletion_protection = true
}

run "production" {
  command = plan

  assert {
    condition     = { for key, bucket in aws_s3_bucket.this : key => bucket.bucket } == { orders = "shop-orders-prod", templates = "shop-templates-prod", logs = "shop-orders-prod-access-logs" }
    error_message = "Names end in the environment; logs have a bucket of their own."
  }
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy]) && alltrue([for each in aws_s3_bucket_versioning.this : each.versioning_configuration[0].status == "Enabled"])
    error_message = "Buckets are versioned, and not emptied by a destroy."
  }
  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "Nothing is public."
  }
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.documents.rule : alltrue([
        rule.expiration[0].days == 2555,
        rule.noncurrent_version_expiration[0].noncurrent_days == 2555,
        one(rule.transition).days == 730,
        one(rule.transition).storage_class == "GLACIER_IR",
        tonumber(rule.filter[0].object_size_greater_than) == 0,
      ]) if rule.id == "documents"
    ])
    error_message = "Documents are archived after two years, small ones too, and removed after seven."
  }
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.templates.rule : length(rule.expiration) == 0])
    error_message = "Shops' templates stay."
  }
  assert {
    condition = alltrue([
      for key, each in aws_s3_bucket_server_side_encryption_configuration.this :
      one(one(each.rule).apply_server_side_encryption_by_default).sse_algorithm == (key == "logs" ? "AES256" : "aws:kms")
    ])
    error_message = "Buckets are encrypted by the key, logs by S3."
  }
}

run "development" {
  command = plan

  variables {
    environment         = "dev"
    versioning          = false
    document_days       = 30
    archive_after_days  = null
    encryption          = "SSE-S3"
    kms_key_arn         = null
    access_logs         = false
    deletion_protection = false
  }

  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["orders", "templates"]) && alltrue([for bucket in aws_s3_bucket.this : bucket.force_destroy])
    error_message = "There are no access logs, and a destroy empties the buckets."
  }
  assert {
    condition     = length(flatten([for rule in aws_s3_bucket_lifecycle_configuration.documents.rule : [for each in rule.transition : each]])) == 0
    error_message = "Nothing is archived."
  }
}

run "nobody_without_tls" {
  command = apply

  assert {
    condition = alltrue([
      for policy in aws_s3_bucket_policy.this :
      anytrue([for statement in jsondecode(policy.policy).Statement : statement.Sid == "NobodyWithoutTls" && statement.Effect == "Deny"])
    ])
    error_message = "Every bucket refuses calls without TLS."
  }
}

run "days_are_whole" {
  command = plan

  variables {
    document_days = 0.5
  }

  expect_failures = [var.document_days]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}
