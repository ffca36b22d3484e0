output "vault_name" {
  description = "Name of the vault: a release puts its backup there first."
  value       = aws_backup_vault.this.name
}

output "vault_arn" {
  description = "ARN of the vault: the other region's plan copies to it."
  value       = aws_backup_vault.this.arn
}

output "role_arn" {
  description = "Role that takes backups: the on-demand one before a release names it too."
  value       = aws_iam_role.backup.arn
}

output "restore_role_arn" {
  description = "Role that restores to a table beside the other."
  value       = aws_iam_role.restore.arn
}
