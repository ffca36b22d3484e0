output "arn" {
  description = "ARN of the role: workflows take it."
  value       = aws_iam_role.this.arn
}

output "name" {
  description = "Name of the role: what the root imports."
  value       = local.name
}

output "boundary_arn" {
  description = "Boundary that every role of the tree must have; known before it is made."
  value       = "${local.iam}:policy/${local.boundary}"
  # From its name, so that a plan knows it; who uses it waits for the policy all the same.
  depends_on = [aws_iam_policy.boundary]
}
