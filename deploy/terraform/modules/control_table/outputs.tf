output "name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table in the first region, from its name: known in a plan."
  value       = local.arns[var.declaration.regions[0]]
}

output "arns" {
  description = "ARN of the table in each region where it can be read and written, by region."
  value       = local.arns
}

output "regions" {
  description = "The regions where it can be read and written."
  value       = var.declaration.regions
}
