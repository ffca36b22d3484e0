# The stand-in or the real provider answers locally; nothing is called.
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

variables {
  environment         = "prod"
  declaration         = { name = "shop-control", partition_key = "PK", regions = ["eu-west-1", "eu-central-1"], witness = "eu-west-2", consistency = "STRONG" }
  first_writer        = "af-south-1"
  deletion_protection = true
  pitr_days           = 35
  switching_roles     = "bbws-orders-prod-region-switch-*"
}

run "two_regions_and_a_witness_agree" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.name == "shop-control-prod" && aws_dynamodb_table.this.hash_key == "PK" && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table is as declared, its name ends in the environment."
  }
  assert {
    condition     = one(aws_dynamodb_table.this.replica).region_name == "eu-central-1" && one(aws_dynamodb_table.this.replica).consistency_mode == "STRONG" && one(aws_dynamodb_table.this.global_table_witness).region_name == "eu-west-2"
    error_message = "The replica is strongly consistent, with a witness."
  }
  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled && one(aws_dynamodb_table.this.replica).deletion_protection_enabled
    error_message = "It can't be deleted in either region."
  }
  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery).recovery_period_in_days == 35 && one(aws_dynamodb_table.this.replica).point_in_time_recovery
    error_message = "It can be recovered to any time of 35 days, in both regions."
  }
  assert {
    condition     = length(aws_dynamodb_table.this.ttl) == 0 && length(aws_dynamodb_table.this.local_secondary_index) == 0
    error_message = "It has neither TTL nor local indexes, which strong consistency does not allow."
  }
  assert {
    condition     = output.arns["eu-central-1"] == "arn:aws:dynamodb:eu-central-1:${data.aws_caller_identity.current.account_id}:table/shop-control-prod" && output.arn == output.arns["eu-west-1"]
    error_message = "ARNs are known in a plan."
  }
}

run "the_item_begins_at_epoch_1" {
  command = plan

  assert {
    condition = jsondecode(aws_dynamodb_table_item.writer.item) == {
      PK        = { S = "WRITER" }
      epoch     = { N = "1" }
      writer    = { S = "af-south-1" }
      evacuated = { L = [] }
      by        = { S = "terraform" }
      at        = { S = "2026-01-01T00:00:00.000Z" }
    }
    error_message = "The primary region writes first, and nothing is evacuated."
  }
}

run "a_weaker_consistency_is_refused" {
  command = plan

  variables {
    declaration = { name = "shop-control", partition_key = "PK", regions = ["eu-west-1", "eu-central-1"], witness = "eu-west-2", consistency = "EVENTUAL" }
  }

  expect_failures = [var.declaration]
}

run "regions_of_two_sets_are_refused" {
  command = plan

  variables {
    declaration = { name = "shop-control", partition_key = "PK", regions = ["eu-west-1", "af-south-1"], witness = "eu-west-2", consistency = "STRONG" }
  }

  expect_failures = [var.declaration]
}

run "the_witness_is_a_third_region" {
  command = plan

  variables {
    declaration = { name = "shop-control", partition_key = "PK", regions = ["eu-west-1", "eu-central-1"], witness = "eu-west-1", consistency = "STRONG" }
  }

  expect_failures = [var.declaration]
}

run "the_first_region_is_the_providers" {
  command = plan

  variables {
    declaration = { name = "shop-control", partition_key = "PK", regions = ["eu-central-1", "eu-west-1"], witness = "eu-west-2", consistency = "STRONG" }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "the_writer_is_a_region" {
  command = plan

  variables {
    first_writer = "Cape Town"
  }

  expect_failures = [var.first_writer]
}

run "a_time_is_a_time" {
  command = plan

  variables {
    created_at = "2026-13-01T00:00:00.000Z"
  }

  expect_failures = [var.created_at]
}

run "recovery_is_bounded" {
  command = plan

  variables {
    pitr_days = 36
  }

  expect_failures = [var.pitr_days]
}

run "only_the_region_switch_writes" {
  command = plan

  assert {
    condition     = toset(keys(aws_dynamodb_resource_policy.this)) == toset(["eu-west-1", "eu-central-1"])
    error_message = "Both copies have the policy."
  }
  assert {
    condition = alltrue([
      for each in aws_dynamodb_resource_policy.this : one([
        for statement in jsondecode(each.policy).Statement : toset(flatten([statement.Condition.ArnNotLike["aws:PrincipalArn"]])) if statement.Sid == "NobodyButWhoSwitchesRegions"
        ]) == toset([
        "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/bbws-orders-prod-region-switch-*",
        "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication",
      ])
    ])
    error_message = "The item is written by the region switch, and copied by DynamoDB."
  }
  assert {
    condition = alltrue([
      for each in aws_dynamodb_resource_policy.this : toset(flatten([for statement in jsondecode(each.policy).Statement : statement.Action])) == toset([
        "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem", "dynamodb:UpdateItem",
      ])
    ])
    error_message = "No call is left to write or delete by."
  }
}

run "switching_roles_are_ours" {
  command = plan

  variables {
    switching_roles = "*"
  }

  expect_failures = [var.switching_roles]
}
