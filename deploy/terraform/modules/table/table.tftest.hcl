# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment = "prod"
  declaration = {
    name          = "orders"
    partition_key = "PK"
    sort_key      = "SK"
    stream        = "NEW_AND_OLD_IMAGES"
    ttl_attribute = "expiresAt"
    indexes = [
      { name = "ByTenant", hash = "tenantId", range = "createdAtId", projection = "INCLUDE", attributes = "summary" },
      { name = "ByNumber", hash = "numberKey", projection = "KEYS_ONLY" },
    ]
  }
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

run "what_is_not_declared_is_not_there" {
  command = plan

  variables {
    declaration     = { name = "ledger", partition_key = "PK" }
    attribute_lists = {}
  }

  assert {
    condition     = aws_dynamodb_table.this.range_key == null && length(aws_dynamodb_table.this.global_secondary_index) == 0
    error_message = "A table without a sort key or indexes has neither."
  }
  assert {
    condition     = !aws_dynamodb_table.this.stream_enabled && length(aws_dynamodb_table.this.ttl) == 0
    error_message = "A table in one region without stream and TTL has neither."
  }
  assert {
    condition     = [for each in aws_dynamodb_table.this.attribute : each.name] == ["PK"]
    error_message = "Its one key is its one attribute."
  }
}

run "a_global_table_has_a_stream_of_both_images" {
  command = plan

  variables {
    declaration     = { name = "ledger", partition_key = "PK", sort_key = "SK" }
    attribute_lists = {}
    replica         = { region = "eu-west-1" }
  }

  assert {
    condition     = aws_dynamodb_table.this.stream_enabled && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "A global table replicates by its stream, whether it is declared or not."
  }
}

run "projections_are_known" {
  command = plan

  variables {
    declaration = {
      name          = "orders"
      partition_key = "PK"
      indexes       = [{ name = "ByTenant", hash = "tenantId", projection = "SOME" }]
    }
  }

  expect_failures = [var.declaration]
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

run "no_policy_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_resource_policy.this) == 0
    error_message = "A table has no refusals where nothing is refused."
  }
}

run "nobody_deletes" {
  command = plan

  variables {
    deny_deletes = true
  }

  assert {
    condition = [
      for statement in jsondecode(aws_dynamodb_resource_policy.this["af-south-1"].policy).Statement : [statement.Effect, statement.Principal, toset(statement.Action)]
    ] == [["Deny", "*", toset(["dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete"])]]
    error_message = "Items are not deleted by any call, nor the table."
  }
}

run "nobody_writes_by_statements" {
  command = plan

  variables {
    deny_statements = true
  }

  assert {
    condition = [
      for statement in jsondecode(aws_dynamodb_resource_policy.this["af-south-1"].policy).Statement : toset(statement.Action)
    ] == [toset(["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"])]
    error_message = "Items are not written by PartiQL."
  }
}

run "nobody_writes_in_batches_in_either_region" {
  command = plan

  variables {
    deny_deletes      = true
    deny_batch_writes = true
    replica           = { region = "eu-west-1", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/2" }
  }

  assert {
    condition = { for region, each in aws_dynamodb_resource_policy.this : region => [each.region, each.resource_arn, one(jsondecode(each.policy).Statement).Resource] } == {
      for region in ["af-south-1", "eu-west-1"] : region => [
        region, "arn:aws:dynamodb:${region}:${data.aws_caller_identity.current.account_id}:table/orders-prod", "arn:aws:dynamodb:${region}:${data.aws_caller_identity.current.account_id}:table/orders-prod",
      ]
    }
    error_message = "Each copy of the table has a policy of its own."
  }
  assert {
    condition = alltrue([
      for each in aws_dynamodb_resource_policy.this :
      length(setsubtract(["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete"], one(jsondecode(each.policy).Statement).Action)) == 0
      && length(setintersection(["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"], one(jsondecode(each.policy).Statement).Action)) == 0
    ])
    error_message = "Items are not written in batches without conditions; those by PartiQL have them."
  }
  assert {
    condition = alltrue([
      for each in aws_dynamodb_resource_policy.this :
      one(jsondecode(each.policy).Statement).Condition == { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication" } }
    ])
    error_message = "Only DynamoDB's own copying is excepted: who denies it ends the copying."
  }
}

run "a_restored_table_takes_its_place" {
  command = plan

  variables {
    restored = "orders-prod-restored-202611300210"
  }

  assert {
    condition     = aws_dynamodb_table.this.name == "orders-prod-restored-202611300210"
    error_message = "The table in the state is the restored one."
  }
  assert {
    condition     = aws_dynamodb_table.this.ttl[0].attribute_name == "expiresAt" && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "It gets what a restore does not bring along."
  }
}

run "a_name_that_no_role_may_restore_to_is_refused" {
  command = plan

  variables {
    restored = "orders-prod-202611300210"
  }

  expect_failures = [var.restored]
}
