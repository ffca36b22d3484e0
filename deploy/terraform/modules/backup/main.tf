locals {
  # The hour of the daily backup is a quiet one in South Africa and in Ireland: 03:00 and 01:00 there.
  schedules = { hourly = "cron(0 * * * ? *)", daily = "cron(0 1 * * ? *)" }
}

resource "aws_backup_vault" "this" {
  #checkov:skip=CKV_AWS_166:The key is a figure of the environment: customer-managed in production, the service's own elsewhere.
  name        = "bbws-orders-${var.environment}"
  kms_key_arn = var.encryption == "customer-managed" ? var.kms_key_arn : null
}

# Governance, not compliance: after three days a compliance lock can be lifted by nobody, AWS included, and a retention
# that a restore has not been rehearsed with would cost for as long as it says. See the README.
resource "aws_backup_vault_lock_configuration" "this" {
  count = var.vault_lock ? 1 : 0

  backup_vault_name  = aws_backup_vault.this.name
  min_retention_days = var.retention_days
}

data "aws_iam_policy_document" "vault" {
  count = var.vault_lock ? 1 : 0

  # Backups still end by their own retention: that is no call of anybody's.
  statement {
    sid    = "NobodyDeletesBackups"
    effect = "Deny"
    actions = [
      "backup:DeleteRecoveryPoint",
      "backup:DisassociateRecoveryPoint",
      "backup:UpdateRecoveryPointLifecycle",
    ]
    # The policy's own vault: a recovery point's ARN does not name it.
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_backup_vault_policy" "this" {
  count = var.vault_lock ? 1 : 0

  backup_vault_name = aws_backup_vault.this.name
  policy            = data.aws_iam_policy_document.vault[0].json
}

# The backups of DynamoDB that AWS Backup itself manages: only those can be copied to another region, are encrypted by
# the vault's key and obey its lock. A region's other services are left as they are.
resource "aws_backup_region_settings" "this" {
  resource_type_opt_in_preference     = length(var.bucket_arns) > 0 ? { DynamoDB = true, S3 = true } : { DynamoDB = true }
  resource_type_management_preference = { DynamoDB = true }

  lifecycle {
    # AWS answers with every service that it knows.
    ignore_changes = [resource_type_opt_in_preference, resource_type_management_preference]
  }
}

resource "aws_backup_plan" "this" {
  count = var.scheduled ? 1 : 0

  name = "bbws-orders-${var.environment}"

  rule {
    rule_name                    = var.frequency
    target_vault_name            = aws_backup_vault.this.name
    schedule                     = local.schedules[var.frequency]
    schedule_expression_timezone = "Etc/UTC"
    # The shortest that AWS Backup takes: a backup that has not begun within the hour is missed, and the next is due.
    start_window      = 60
    completion_window = 180

    lifecycle {
      delete_after = var.retention_days
    }

    dynamic "copy_action" {
      for_each = var.copy ? [true] : []

      content {
        destination_vault_arn = var.copy_vault.arn

        lifecycle {
          delete_after = var.copy_vault.retention_days
        }
      }
    }
  }

  depends_on = [aws_backup_region_settings.this]
}

# By ARN, not by tag: a tag that is missing or misspelt would leave the table out without a word, and one on a resource
# of somebody else's would take it in.
resource "aws_backup_selection" "this" {
  count = var.scheduled ? 1 : 0

  name         = "bbws-orders-${var.environment}"
  plan_id      = aws_backup_plan.this[0].id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = concat([var.table_arn], var.bucket_arns)
}
