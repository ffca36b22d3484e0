variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string
}

variable "topology" {
  description = "What src/orders/topology.yaml declares, decoded; the modules beneath say what they need of it."
  type        = any
}

variable "queue_retention_days" {
  description = "Days that queues keep messages."
  type        = number
}

variable "dead_letter_retention_days" {
  description = "Days that dead-letter queues keep messages."
  type        = number
}

variable "archive_days" {
  description = "Days that the bus's archive keeps events."
  type        = number
}

variable "buckets" {
  description = "What differs between environments of the buckets, see the module buckets."
  type = object({
    versioning          = bool
    document_days       = number
    archive_after_days  = optional(number)
    encryption          = string
    kms_key_arn         = optional(string)
    access_logs         = bool
    deletion_protection = bool
    suffix              = optional(string, "")
  })
}
