output "queues" {
  description = "Name, ARN and URL of each worker's queue, by worker."
  value       = module.queues.queues
}

output "bus" {
  description = "Name and ARN of the bus."
  value       = module.events.bus
}

output "buckets" {
  description = "Name and ARN of each bucket, by its key."
  value       = module.buckets.buckets
}
