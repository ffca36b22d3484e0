output "queues" {
  description = "Name, ARN and URL of each worker's queue, by worker."
  value       = module.queues.queues
}

output "buckets" {
  description = "Name and ARN of each bucket, by its key."
  value       = module.buckets.buckets
}

output "topics" {
  description = "ARNs of the topics, by key."
  value       = module.events.topics
}

output "load_balancer" {
  description = "DNS name, zone and ARN of the load balancer."
  value       = { dns_name = module.load_balancer.dns_name, zone_id = module.load_balancer.zone_id, arn = module.load_balancer.arn }
}

output "vpc_id" {
  description = "VPC of the tasks."
  value       = module.network.vpc_id
}

output "rotation" {
  description = "What module secrets needs to run the task that renews the cursors' key; null where nothing is rotated."
  value = module.services.key_rotation == null ? null : {
    cluster_name      = module.services.cluster.name
    family            = module.services.key_rotation
    container         = "orders"
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = module.services.security_groups.workers
    role_names        = module.services.key_rotation_roles
  }
}

output "erasing_role_arn" {
  description = "The one role that may remove versions of documents."
  value       = module.services.erasing_role_arn
}
