variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "queues" {
  description = "The workers' queues as topology.yaml declares them."
  type = list(object({
    name   = string
    worker = string
  }))
}

variable "settings" {
  description = "What holds for every queue, as topology.yaml declares it."
  type = object({
    visibility_timeout_seconds = number
    max_receive_count          = number
    wait_seconds               = number
  })
}

variable "retention_days" {
  description = "Days that a queue keeps a message."
  type        = number

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14
    error_message = "retention_days must be from 1 to 14: SQS keeps messages for 14 days at most."
  }
}

variable "dead_letter_retention_days" {
  description = "Days that a dead-letter queue keeps a message."
  type        = number

  validation {
    condition     = var.dead_letter_retention_days >= 1 && var.dead_letter_retention_days <= 14
    error_message = "dead_letter_retention_days must be from 1 to 14: SQS keeps messages for 14 days at most."
  }
}
