variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "topology" {
  description = "Bus, rules, topics and retry as topology.yaml declares them."
  type = object({
    bus        = object({ name = string })
    rule_retry = object({ maximum_event_age_seconds = number, maximum_retry_attempts = number })
    rules = list(object({
      name              = string
      sources           = list(string)
      detail_types      = optional(list(string))
      queue             = optional(string)
      topic             = optional(string)
      dead_letter_queue = string
    }))
    topics = list(object({ key = string, name = string, queue = optional(string) }))
    mail   = object({ feedback_topic = string })
  })

  validation {
    condition     = alltrue([for rule in var.topology.rules : (rule.queue == null) != (rule.topic == null)])
    error_message = "Each rule has one target: a queue or a topic."
  }
}

variable "queues" {
  description = "ARN and URL of the workers' queues, by the name that topology.yaml gives them."
  type        = map(object({ arn = string, url = string }))
}

variable "archive_days" {
  description = "Days that the bus's archive keeps events."
  type        = number

  validation {
    condition     = var.archive_days >= 1
    error_message = "archive_days must be at least 1: 0 would keep events for ever."
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
