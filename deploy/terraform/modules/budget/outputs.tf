output "name" {
  description = "Name of the budget."
  value       = aws_budgets_budget.this.name
}

output "report_role_arn" {
  description = "ARN of the role of the monthly report."
  value       = aws_iam_role.report.arn
}
