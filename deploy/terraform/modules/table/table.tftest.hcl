mock_provider "aws" {}

variables {
  environment = "prod"
  declaration = {
    name          = "orders"
    partition_key = "PK"
    sort_key      = "SK"
    stream        = "NEW_AND_OLD_IMAGES"
    ttl_attribute = "expiresAt"
  }
  indexes = [
    { name = "ByTenant", hash = "tenantId", range = "createdAtId", projection = "INCLUDE", attributes = "summary" },
    { name = "ByNumber", hash = "numberKey", projection = "KEYS_ONLY" },
  ]
  attribute_lists     = { summary = ["orderId", "tenantId", "status"] }
  pitr_days           = 35
  deletion_protection = true
}

run "a_table_in_one_region" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.name == "orders-prod"
    error_message = "The name ends in the environment."
  }
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table is on demand, and protected where it is asked for."
  }
  assert {
    condition     = toset([for each in aws_dynamodb_table.this.attribute : each.name]) == toset(["PK", "SK", "tenantId", "createdAtId", "numberKey"])
    error_message = "Only keys are declared as attributes, each once."
  }
  assert {
    condition     = one([for index in aws_dynamodb_table.this.global_secondary_index : index.non_key_attributes if index.name == "ByTenant"]) == toset(["orderId", "status"])
    error_message = "An index projects its list without the keys."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.point_in_time_recovery[0].recovery_period_in_days == 35
    error_message = "Point-in-time recovery reaches back as far as is asked for."
  }
  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "expiresAt" && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "TTL and stream are as declared."
  }
  assert {
    condition     = length(aws_dynamodb_table.this.replica) == 0 && length(aws_dynamodb_contributor_insights.this) == 0
    error_message = "There is no replica and no Contributor Insights unless asked for."
  }
}

run "a_global_table" {
  command = plan

  variables {
    replica              = { region = "eu-west-1", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/2" }
    kms_key_arn          = "arn:aws:kms:af-south-1:123456789012:key/1"
    contributor_insights = true
  }

  assert {
    condition = alltrue([
      one(aws_dynamodb_table.this.replica).region_name == "eu-west-1",
      one(aws_dynamodb_table.this.replica).consistency_mode == "EVENTUAL",
      one(aws_dynamodb_table.this.replica).kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/2",
      one(aws_dynamodb_table.this.replica).point_in_time_recovery,
      one(aws_dynamodb_table.this.replica).deletion_protection_enabled,
    ])
    error_message = "The replica has its own key, recovery and protection, and is eventually consistent."
  }
  assert {
    condition     = length(aws_dynamodb_contributor_insights.this) == 3
    error_message = "Contributor Insights watch the table and each index."
  }
}

run "recovery_is_bounded" {
  command = plan

  variables {
    pitr_days = 36
  }

  expect_failures = [var.pitr_days]
}

run "environments_are_known" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}
