output "cluster" {
  description = "Name and ARN of the cluster."
  value       = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
  # Who runs tasks in it needs its capacity.
  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "service_names" {
  description = "Names of the services, by role."
  value       = { for role, service in module.service : role => service.service_name }
}

output "security_groups" {
  description = "Security groups of the API's tasks and of all others."
  value       = { api = aws_security_group.api.id, workers = aws_security_group.workers.id }
}

output "unique_ids" {
  description = "Unique ids of the roles, for ORDER_SENDERS."
  value       = module.roles.unique_ids
}

output "erasing_role_arn" {
  description = "The one role that may remove versions of documents."
  value       = module.roles.erasing_role_arn
}

output "log_group_names" {
  description = "Names of all log groups."
  value       = concat([for group in aws_cloudwatch_log_group.process : group.name], [for group in aws_cloudwatch_log_group.shared : group.name])
}

output "key_rotation" {
  description = "Family of the task that renews the cursors' key; null where nothing is rotated."
  value       = local.rotated ? module.task["key-rotation"].family : null
}

output "key_rotation_roles" {
  description = "Names of the key rotation's roles: the task's, and the one by which ECS starts it."
  value       = module.roles.role_names["key-rotation"]
}

output "crowd_policy_arn" {
  description = "Policy that adds tasks to the API when an alarm calls it."
  value       = module.service["api"].crowd_policy_arn
}
