output "state_bucket" {
  description = "Name of the bucket that the environment's state is kept in."
  value       = local.buckets.state
}

output "lock_table" {
  description = "Name of the table of locks."
  value       = aws_dynamodb_table.locks.name
}

output "oidc_provider_arn" {
  description = "ARN of the issuer that release roles trust."
  value       = aws_iam_openid_connect_provider.github.arn
}

output "state_key_arn" {
  description = "Key of the state bucket; null where S3 encrypts."
  value       = local.customer_managed ? aws_kms_key.state[0].arn : null
}
