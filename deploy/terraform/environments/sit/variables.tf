variable "account" {
  description = "Account that may be changed: nothing is done with credentials of another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account must be the 12 digits of an AWS account."
  }
}

variable "region" {
  description = "Region of the environment."
  type        = string
}

variable "tags" {
  description = "Tags of every resource, beside Environment and Region."
  type        = map(string)
}

variable "table" {
  description = "Days of point-in-time recovery, and what protects the table; see the module table."
  type = object({
    pitr_days            = number
    deletion_protection  = bool
    contributor_insights = bool
  })
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
  description = "Versioning, life cycle and logs of the buckets; see the module buckets."
  type = object({
    versioning          = bool
    document_days       = number
    encryption          = string
    access_logs         = bool
    deletion_protection = bool
  })
}
