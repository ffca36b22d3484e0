output "bus" {
  description = "Name and ARN of the bus."
  value       = { name = aws_cloudwatch_event_bus.this.name, arn = aws_cloudwatch_event_bus.this.arn }
}

output "topics" {
  description = "ARNs of the topics, by key."
  value       = { for key, topic in aws_sns_topic.this : key => topic.arn }
  # The mail service tries to publish when it is told of a topic: the policy has to let it.
  depends_on = [aws_sns_topic_policy.this]
}

output "rule_dead_letter_queues" {
  description = "Name and ARN of each rule's dead-letter queue, by rule."
  value       = { for rule, queue in aws_sqs_queue.undelivered : rule => { name = queue.name, arn = queue.arn } }
}
