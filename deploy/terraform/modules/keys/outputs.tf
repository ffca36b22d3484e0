output "arns" {
  description = "ARN of each key, by its name."
  value       = { for name, key in aws_kms_key.this : name => key.arn }
}

output "aliases" {
  description = "Alias of each key, by its name: known in a plan, for conditions on kms:ResourceAliases."
  value       = local.aliases
}
