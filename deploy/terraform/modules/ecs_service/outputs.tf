output "service_name" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "crowd_policy_arn" {
  description = "Policy that an alarm calls for more tasks; null where tasks don't scale or take no requests."
  value       = one([for policy in aws_appautoscaling_policy.crowd : policy.arn])
}
