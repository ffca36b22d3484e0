variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "scheduled" {
  description = "Takes backups by a schedule. False where only a vault is needed: for the other region's copies."
  type        = bool
  default     = true
}

variable "table_arn" {
  description = "Table that is backed up."
  type        = string
  default     = null
}

variable "table_name" {
  description = "Name of that table: the role's policy is written from it, so that a plan shows it."
  type        = string
}

variable "bucket_arns" {
  description = "Buckets that are backed up with the table, versioned; none, where replication and versions are enough."
  type        = list(string)
  default     = []
}

variable "frequency" {
  description = "How often: hourly or daily."
  type        = string

  validation {
    condition     = contains(["hourly", "daily"], var.frequency)
    error_message = "frequency must be hourly or daily."
  }
}

variable "retention_days" {
  description = "Days that a backup is kept."
  type        = number

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 36500 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days must be a whole number of days from 1 to 36500."
  }
}

variable "vault_lock" {
  description = "Keeps every backup of the vault for its retention and lets nobody delete one."
  type        = bool
}

variable "encryption" {
  description = "aws-managed, or customer-managed by kms_key_arn: said here because the key is not known before it is made."
  type        = string

  validation {
    condition     = contains(["aws-managed", "customer-managed"], var.encryption)
    error_message = "encryption must be aws-managed or customer-managed."
  }
}

variable "kms_key_arn" {
  description = "Key of the vault when it is customer-managed."
  type        = string
  default     = null
}

variable "copy" {
  description = "Copies each backup to copy_vault: said here because the vault is not known before it is made."
  type        = bool
  default     = false
}

variable "copy_vault" {
  description = "ARN of the other region's vault, and the days that copies are kept there."
  type        = object({ arn = string, retention_days = number })
  default     = null
}

variable "tells_failures" {
  description = "Tells alert_topic_arn of backups and copies that fail: said here because the topic is not known before it is made."
  type        = bool
  default     = false
}

variable "alert_topic_arn" {
  description = "Topic that is told of them; its policy lets events.amazonaws.com publish from the account's rules."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
