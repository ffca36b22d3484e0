variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "topology" {
  description = "Bus, source of our own events, rules, topics and retry as topology.yaml declares them."
  type = object({
    bus        = object({ name = string })
    events     = object({ source = string })
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
  description = "ARN and URL of the workers' queues, by the name that topology.yaml gives them; in AWS each has the environment appended."
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

variable "publishers" {
  description = "ARNs of the roles of other services that put events on the bus, by the events' source, such as io.bbws.payments."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for principals in values(var.publishers) : length(principals) > 0])
    error_message = "publishers needs at least one role for each source; leave out a source that nobody publishes."
  }

  validation {
    condition     = alltrue([for principal in flatten(values(var.publishers)) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?]+$", principal))])
    error_message = "publishers must be ARNs of roles, such as arn:aws:iam::111122223333:role/payments: an account or * would let everybody there speak for a service."
  }
}

variable "topic_encryption" {
  description = "none, or SSE-KMS by topic_kms_key_arn: said here because the key is not known before it is made."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "SSE-KMS"], var.topic_encryption)
    error_message = "topic_encryption must be none or SSE-KMS."
  }
}

variable "topic_kms_key_arn" {
  description = "Key of SSE-KMS, whose policy lets EventBridge, alarms and the mail service publish (module keys, topics)."
  type        = string
  default     = null
}
