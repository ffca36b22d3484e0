variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "names" {
  description = "What there is a key for: one each, so that a grant is for one kind of data."
  type        = set(string)

  validation {
    condition     = alltrue([for name in var.names : contains(["audit", "backups", "buckets", "logs", "secrets", "table", "topics"], name)])
    error_message = "names may be audit, backups, buckets, logs, secrets, table and topics: for each of them the module knows which services use its key."
  }
}

variable "rotation_days" {
  description = "Days after which KMS gives a key new material; data of earlier ones stays readable."
  type        = number
  default     = 365

  validation {
    condition     = var.rotation_days >= 90 && var.rotation_days <= 2560 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days must be a whole number from 90 to 2560, the bounds of KMS."
  }
}

variable "deletion_window_days" {
  description = "Days between a key's deletion being asked for and done: until then it can be called off."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must be from 7 to 30, the bounds of KMS."
  }
}
