# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment = "prod"
  names       = ["table", "buckets", "secrets", "logs", "audit", "topics", "backups"]
}

run "keys_rotate_and_cannot_be_lost_at_once" {
  command = plan

  assert {
    condition     = length(aws_kms_key.this) == 7 && alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.rotation_period_in_days == 365 && key.deletion_window_in_days == 30])
    error_message = "Each key rotates each year, and is deleted 30 days after that was asked for."
  }
  assert {
    condition     = aws_kms_alias.this["table"].name == "alias/bbws-orders-table-prod" && output.aliases["logs"] == "alias/bbws-orders-logs-prod"
    error_message = "Keys are found by an alias that names what they are for."
  }
}

run "a_key_is_used_through_its_service_only" {
  command = plan

  assert {
    condition = {
      for name, key in aws_kms_key.this : name =>
      flatten([for statement in jsondecode(key.policy).Statement : statement.Condition.StringLike["kms:ViaService"] if statement.Sid == "AccountUsesThroughServices"])
      } == {
      table   = ["dynamodb.*.amazonaws.com", "backup.*.amazonaws.com"]
      buckets = ["s3.af-south-1.amazonaws.com"]
      secrets = ["secretsmanager.*.amazonaws.com"]
      logs    = []
      audit   = ["s3.af-south-1.amazonaws.com"]
      topics  = ["sns.af-south-1.amazonaws.com"]
      backups = ["dynamodb.*.amazonaws.com", "backup.*.amazonaws.com"]
    }
    error_message = "Each key names the services that it is used through."
  }
  assert {
    condition = alltrue(flatten([
      for key in aws_kms_key.this : [
        for statement in jsondecode(key.policy).Statement : [
          for action in flatten([statement.Action]) : can(statement.Condition) if contains(["kms:*", "kms:Create*", "kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"], action)
        ]
      ]
    ]))
    error_message = "Nothing is encrypted, decrypted or granted without a condition."
  }
}

run "services_use_keys_for_this_account_only" {
  command = plan

  assert {
    condition = {
      for name in ["audit", "logs", "table", "topics"] : name =>
      join(" ", sort(flatten([for statement in jsondecode(aws_kms_key.this[name].policy).Statement : [statement.Principal.Service] if can(statement.Principal.Service)])))
      } == {
      audit  = "cloudtrail.amazonaws.com config.amazonaws.com logs.af-south-1.amazonaws.com"
      logs   = "logs.af-south-1.amazonaws.com"
      table  = ""
      topics = "budgets.amazonaws.com cloudwatch.amazonaws.com events.amazonaws.com ses.amazonaws.com"
    }
    error_message = "Logs, trails and topics have keys that their services may use."
  }
  assert {
    condition = alltrue(flatten([
      for key in aws_kms_key.this : [
        for statement in jsondecode(key.policy).Statement :
        can(statement.Condition.StringEquals["aws:SourceAccount"]) ? true : strcontains(
          join("", flatten(values(statement.Condition.ArnLike))), ":${data.aws_caller_identity.current.account_id}:"
        )
        if can(statement.Principal.Service)
      ]
    ]))
    error_message = "A service uses a key for this account, or for a log group, topic or trail of it."
  }
}

run "the_window_is_bounded" {
  command = plan

  variables {
    deletion_window_days = 31
  }

  expect_failures = [var.deletion_window_days]
}

run "rotation_is_bounded" {
  command = plan

  variables {
    rotation_days = 30
  }

  expect_failures = [var.rotation_days]
}

run "a_key_whose_users_are_not_known_is_refused" {
  command = plan

  variables {
    names = ["documents"]
  }

  expect_failures = [var.names]
}
