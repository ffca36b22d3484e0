# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  environment    = "prod"
  table_arn      = "arn:aws:dynamodb:af-south-1:123456789012:table/shop"
  table_name     = "shop"
  frequency      = "hourly"
  retention_days = 90
  vault_lock     = true
  encryption     = "customer-managed"
  kms_key_arn    = "arn:aws:kms:af-south-1:123456789012:key/1"
  copy           = true
  copy_vault     = { arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:bbws-orders-prod", retention_days = 90 }
}

run "failures_are_told" {
  command = plan

  variables {
    tells_failures  = true
    alert_topic_arn = "arn:aws:sns:af-south-1:123456789012:alerts"
  }

  assert {
    condition = { for rule in aws_cloudwatch_event_rule.failures : jsondecode(rule.event_pattern)["detail-type"][0] => join(" ", jsondecode(rule.event_pattern).detail.state) } == {
      "Backup Job State Change" = "ABORTED EXPIRED FAILED"
      "Copy Job State Change"   = "FAILED"
    }
    error_message = "Backups and copies that did not come about are told."
  }
  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.failures : target.arn == var.alert_topic_arn]) && length(aws_cloudwatch_event_target.failures) == 2
    error_message = "The topic of alerts is told."
  }
}

run "nobody_is_told_without_alarms" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_event_rule.failures) == 0
    error_message = "An environment without alarms has no such rules."
  }
}

run "production" {
  command = plan

  assert {
    condition     = aws_backup_vault.this.name == "bbws-orders-prod" && aws_backup_vault.this.kms_key_arn == var.kms_key_arn
    error_message = "The vault is encrypted by the key."
  }
  assert {
    condition     = one(aws_backup_plan.this[0].rule).schedule == "cron(0 * * * ? *)" && one(aws_backup_plan.this[0].rule).schedule_expression_timezone == "Etc/UTC"
    error_message = "A backup is taken each hour, by UTC."
  }
  assert {
    condition     = one(one(aws_backup_plan.this[0].rule).lifecycle).delete_after == 90
    error_message = "Backups are kept for 90 days."
  }
  assert {
    condition     = one(one(aws_backup_plan.this[0].rule).copy_action).destination_vault_arn == var.copy_vault.arn && one(one(one(aws_backup_plan.this[0].rule).copy_action).lifecycle).delete_after == 90
    error_message = "Each is copied to the other region, and kept there for 90 days."
  }
  assert {
    condition     = aws_backup_vault_lock_configuration.this[0].min_retention_days == 90 && aws_backup_vault_lock_configuration.this[0].changeable_for_days == null
    error_message = "The vault is locked in governance mode: nothing in it ends before 90 days."
  }
  assert {
    condition     = jsondecode(aws_backup_vault_policy.this[0].policy).Statement[0].Effect == "Deny" && contains(jsondecode(aws_backup_vault_policy.this[0].policy).Statement[0].Action, "backup:DeleteRecoveryPoint")
    error_message = "Nobody deletes a backup."
  }
  assert {
    condition     = aws_backup_selection.this[0].resources == toset([var.table_arn])
    error_message = "The table is selected by its ARN."
  }
  assert {
    condition     = aws_iam_role.backup.name == "bbws-orders-backup-prod-af-south-1" && aws_iam_role.restore.name == "bbws-orders-restore-prod-af-south-1"
    error_message = "Roles, known in the whole account, end in the region."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement :
      statement.Resource != "*" && alltrue([for action in flatten([statement.Action]) : !endswith(action, "*")])
    ])
    error_message = "No statement is for every resource or every action."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.restore.policy).Statement :
      statement.Resource == "arn:aws:dynamodb:af-south-1:123456789012:table/shop-restored*" if statement.Sid == "FillRestoredTable"
    ])
    error_message = "Restores never write to the table itself."
  }
}

run "development" {
  command = plan

  variables {
    environment    = "dev"
    frequency      = "daily"
    retention_days = 7
    vault_lock     = false
    encryption     = "aws-managed"
    kms_key_arn    = null
    copy           = false
    copy_vault     = null
  }

  assert {
    condition     = one(aws_backup_plan.this[0].rule).schedule == "cron(0 1 * * ? *)" && one(one(aws_backup_plan.this[0].rule).lifecycle).delete_after == 7
    error_message = "A backup is taken each day and kept for a week."
  }
  assert {
    condition     = length(aws_backup_vault_lock_configuration.this) == 0 && length(aws_backup_vault_policy.this) == 0 && length(one(aws_backup_plan.this[0].rule).copy_action) == 0
    error_message = "The vault is not locked, and nothing is copied."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.backup.policy, "kms:")
    error_message = "There is no key of ours to use."
  }
}

run "a_vault_for_copies" {
  command = plan

  variables {
    scheduled  = false
    table_arn  = null
    copy       = false
    copy_vault = null
  }

  assert {
    condition     = length(aws_backup_plan.this) == 0 && length(aws_backup_selection.this) == 0 && length(aws_backup_vault_lock_configuration.this) == 1
    error_message = "The other region has a locked vault and no schedule."
  }
}

run "buckets_too" {
  command = plan

  variables {
    bucket_arns = ["arn:aws:s3:::shop-orders"]
  }

  assert {
    condition     = length(aws_backup_selection.this[0].resources) == 2 && length(aws_iam_role_policy_attachment.buckets) == 1
    error_message = "A bucket is selected beside the table, with the rights that it needs."
  }
}

run "frequency_is_one_of_two" {
  command = plan

  variables {
    frequency = "weekly"
  }

  expect_failures = [var.frequency]
}

run "retention_is_bounded" {
  command = plan

  variables {
    retention_days = 0
  }

  expect_failures = [var.retention_days]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "SSE-KMS"
  }

  expect_failures = [var.encryption]
}
