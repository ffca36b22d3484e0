output "repository_url" {
  description = "Where images are pushed to and pulled from; a digest follows it."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

# Known before anything is made; who uses it waits for the repository.
output "region" {
  description = "Region of the repository, once it and its settings are there: what another registry copies to."
  value       = data.aws_region.current.region
  depends_on  = [aws_ecr_repository.this, aws_ecr_lifecycle_policy.this]
}

output "repository_name" {
  description = "Name of the repository."
  value       = aws_ecr_repository.this.name
}
