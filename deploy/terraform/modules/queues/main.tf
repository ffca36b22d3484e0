locals {
  queues = { for queue in var.queues : queue.worker => queue.name }
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.queues

  name                      = "${each.value}-dlq-${var.environment}"
  message_retention_seconds = var.dead_letter_retention_days * 86400
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "this" {
  for_each = local.queues

  name                       = "${each.value}-${var.environment}"
  visibility_timeout_seconds = var.settings.visibility_timeout_seconds
  receive_wait_time_seconds  = var.settings.wait_seconds
  message_retention_seconds  = var.retention_days * 86400
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[each.key].arn
    maxReceiveCount     = var.settings.max_receive_count
  })
}

# A dead-letter queue takes the messages of its own queue and of no other.
resource "aws_sqs_queue_redrive_allow_policy" "this" {
  for_each = local.queues

  queue_url = aws_sqs_queue.dead_letters[each.key].id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this[each.key].arn]
  })
}
