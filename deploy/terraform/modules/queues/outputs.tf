output "queues" {
  description = "Name, ARN and URL of each worker's queue, by worker."
  value       = { for worker, queue in aws_sqs_queue.this : worker => { name = queue.name, arn = queue.arn, url = queue.id } }
}

output "dead_letter_queues" {
  description = "The same of its dead-letter queue."
  value       = { for worker, queue in aws_sqs_queue.dead_letters : worker => { name = queue.name, arn = queue.arn, url = queue.id } }
}
