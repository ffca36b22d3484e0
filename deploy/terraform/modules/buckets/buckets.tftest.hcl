# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment         = "prod"
  buckets             = [{ key = "orders", name = "shop-orders" }, { key = "templates", name = "shop-templates" }]
  versioning          = true
  retain_years        = 7
  archive_after_days  = 730
  encryption          = "SSE-KMS"
  kms_key_arn         = "arn:aws:kms:af-south-1:123456789012:key/1"
  access_logs         = true
  intelligent_tiering = true
  deletion_protection = true
  deny_deletes        = true
  erasing_roles       = ["bbws-orders-prod-event-processor-af-south-1", "bbws-orders-prod-event-processor-eu-west-1"]
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
        length(rule.expiration) == 0,
        rule.noncurrent_version_expiration[0].noncurrent_days == 30,
        one(rule.transition).days == 730,
        one(rule.transition).storage_class == "GLACIER_IR",
        tonumber(rule.filter[0].object_size_greater_than) == 0,
      ]) if rule.id == "documents"
    ])
    error_message = "Documents are archived after two years, small ones too, and have no age of their own."
  }
  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.documents.rule : rule.filter[0].tag[0].value => rule.expiration[0].days if startswith(rule.id, "ended-orders-") } == {
      for days in concat([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], range(2535, 2556)) : tostring(days) => days
    }
    error_message = "Documents go by the days that their tag names, up to seven years less the two days that S3 takes."
  }
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.documents.rule :
      rule.filter[0].tag[0].key == "retain-days" && rule.noncurrent_version_expiration[0].noncurrent_days == 1 if startswith(rule.id, "ended-orders-")
    ])
    error_message = "What is hidden by its age is gone the next day."
  }
  assert {
    condition = one([
      for rule in aws_s3_bucket_lifecycle_configuration.documents.rule :
      "${one(rule.transition).storage_class} after ${one(rule.transition).days} above ${rule.filter[0].object_size_greater_than}" if rule.id == "large-documents"
    ]) == "INTELLIGENT_TIERING after 1 above 131071"
    error_message = "Documents of 128 KB and more are tiered."
  }
  assert {
    condition     = length(aws_s3_bucket_ownership_controls.this) == 3 && alltrue([for each in aws_s3_bucket_ownership_controls.this : one(each.rule).object_ownership == "BucketOwnerEnforced"])
    error_message = "Buckets have no ACLs."
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
    retain_years        = null
    archive_after_days  = null
    encryption          = "SSE-S3"
    kms_key_arn         = null
    access_logs         = false
    intelligent_tiering = false
    deletion_protection = false
  }

  assert {
    condition     = toset(keys(aws_s3_bucket.this)) == toset(["orders", "templates"]) && alltrue([for bucket in aws_s3_bucket.this : bucket.force_destroy])
    error_message = "There are no access logs, and a destroy empties the buckets."
  }
  assert {
    condition     = length(flatten([for rule in aws_s3_bucket_lifecycle_configuration.documents.rule : [for each in rule.transition : each]])) == 0
    error_message = "Nothing is archived or tiered."
  }
}

run "nobody_without_tls" {
  command = plan

  assert {
    condition     = output.buckets["templates"].name == "shop-templates-prod" && toset(jsondecode(aws_s3_bucket_policy.this["templates"].policy).Statement[0].Resource) == toset(["arn:aws:s3:::shop-templates-prod", "arn:aws:s3:::shop-templates-prod/*"])
    error_message = "A plan has the policies whole."
  }
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

run "years_are_whole" {
  command = plan

  variables {
    retain_years = 7.5
  }

  expect_failures = [var.retain_years]
}

run "days_of_earlier_documents_are_whole" {
  command = plan

  variables {
    earlier_document_days = 0
  }

  expect_failures = [var.earlier_document_days]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "tiering_waits_for_whole_days" {
  command = plan

  variables {
    tiered_after_days = 0
  }

  expect_failures = [var.tiered_after_days]
}

run "only_the_erasing_role_deletes_and_only_documents" {
  command = plan

  assert {
    condition = {
      for key, each in aws_s3_bucket_policy.this : key => [
        for statement in jsondecode(each.policy).Statement : [toset(statement.Action), statement.Resource, toset(try(statement.Condition.ArnNotEquals["aws:PrincipalArn"], []))] if statement.Sid == "NobodyDeletes"
      ]
      } == {
      orders = [[
        toset(["s3:DeleteObject", "s3:DeleteObjectVersion"]), "arn:aws:s3:::shop-orders-prod/*",
        toset([for role in var.erasing_roles : "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/${role}"]),
      ]]
      templates = [[toset(["s3:DeleteObject", "s3:DeleteObjectVersion"]), "arn:aws:s3:::shop-templates-prod/*", toset([])]]
      logs      = []
    }
    error_message = "Documents are removed by the erasing role alone, profiles and templates by nobody."
  }
}

run "deletes_are_refused_where_it_is_asked_for" {
  command = plan

  variables {
    deny_deletes = false
  }

  assert {
    condition     = !anytrue([for each in aws_s3_bucket_policy.this : strcontains(each.policy, "NobodyDeletes")])
    error_message = "Other environments empty their buckets."
  }
}
