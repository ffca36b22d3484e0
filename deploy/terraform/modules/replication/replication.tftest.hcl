# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  region             = "af-south-1"
  source_bucket      = { name = "orders-prod" }
  destination_bucket = { name = "orders-prod-dr", arn = "arn:aws:s3:::orders-prod-dr", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/2" }
  kms_key_alias      = "alias/bbws-orders-buckets-prod"
}

run "everything_is_copied_in_time" {
  command = plan

  assert {
    condition = alltrue([
      one(aws_s3_bucket_replication_configuration.this.rule).status == "Enabled",
      one(one(aws_s3_bucket_replication_configuration.this.rule).delete_marker_replication).status == "Enabled",
      one(one(one(aws_s3_bucket_replication_configuration.this.rule).source_selection_criteria).replica_modifications).status == "Enabled",
      one(one(one(aws_s3_bucket_replication_configuration.this.rule).destination).replication_time).status == "Enabled",
      one(one(one(one(aws_s3_bucket_replication_configuration.this.rule).destination).replication_time).time).minutes == 15,
      one(one(one(aws_s3_bucket_replication_configuration.this.rule).destination).encryption_configuration).replica_kms_key_id == "arn:aws:kms:eu-west-1:123456789012:key/2",
    ])
    error_message = "Objects, deletions and changes of copies are copied within 15 minutes, encrypted by the other region's key."
  }
  assert {
    condition     = aws_iam_role.this.name == "orders-prod-replication-af-south-1"
    error_message = "The role's name ends in its region."
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource != "*"])
    error_message = "The role may do nothing to other buckets and keys."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      statement.Condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == "alias/bbws-orders-buckets-prod"
      if strcontains(join(",", flatten([statement.Action])), "kms:")
    ])
    error_message = "A key is used by its alias, for it is not known before it is made."
  }
  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary_arn
    error_message = "A release can make no role without the boundary."
  }
}

run "time_control_knows_one_figure" {
  command = plan

  variables {
    minutes = 10
  }

  expect_failures = [var.minutes]
}
