mock_provider "aws" {}

variables {
  environment                = "sit"
  queues                     = [{ name = "orders-new", worker = "creator" }, { name = "orders-pdf", worker = "printer" }]
  settings                   = { visibility_timeout_seconds = 60, max_receive_count = 3, wait_seconds = 20 }
  retention_days             = 4
  dead_letter_retention_days = 14
}

run "each_worker_has_a_queue_and_its_dead_letters" {
  command = apply

  assert {
    condition     = aws_sqs_queue.this["creator"].name == "orders-new-sit" && aws_sqs_queue.dead_letters["printer"].name == "orders-pdf-dlq-sit"
    error_message = "Names end in the environment."
  }
  assert {
    condition     = alltrue([for queue in aws_sqs_queue.this : queue.message_retention_seconds == 345600 && queue.visibility_timeout_seconds == 60 && queue.receive_wait_time_seconds == 20])
    error_message = "Queues keep messages for 4 days, hide them for 60 s and wait for 20 s."
  }
  assert {
    condition     = alltrue([for queue in aws_sqs_queue.dead_letters : queue.message_retention_seconds == 1209600])
    error_message = "Dead letters are kept for 14 days."
  }
  assert {
    condition     = alltrue([for worker, queue in aws_sqs_queue.this : jsondecode(queue.redrive_policy) == { deadLetterTargetArn = aws_sqs_queue.dead_letters[worker].arn, maxReceiveCount = 3 }])
    error_message = "After three receives a message goes to its own dead-letter queue."
  }
  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.this), values(aws_sqs_queue.dead_letters)) : queue.sqs_managed_sse_enabled])
    error_message = "All queues are encrypted."
  }
}

run "retention_is_bounded" {
  command = plan

  variables {
    retention_days = 15
  }

  expect_failures = [var.retention_days]
}
