output "arns" {
  description = "ARN of each secret, by name: for what names a secret to ECS. No plan knows it before the secret is made."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "arn_patterns" {
  description = "Pattern of each secret's ARN, by name, for policies: known in a plan; ?????? stands for what Secrets Manager appends."
  value       = local.patterns[local.region]
}

output "replica_arns" {
  description = "ARN of each secret's copy in the other region; empty where there is none."
  value       = var.replica_region == null ? {} : { for name, secret in aws_secretsmanager_secret.this : name => replace(secret.arn, ":${local.region}:", ":${var.replica_region}:") }
}

output "replica_arn_patterns" {
  description = "The same as a pattern, known in a plan."
  value       = var.replica_region == null ? {} : local.patterns[var.replica_region]
}

output "full_names" {
  description = "Full name of each secret, by name; the same in both regions."
  value       = local.full
}
