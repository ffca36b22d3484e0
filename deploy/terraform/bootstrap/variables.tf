variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "account" {
  description = "Account that may be changed: nothing is done with credentials of another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account must be the 12 digits of an AWS account."
  }
}

variable "region" {
  description = "Primary region of the environment: its state is kept there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region of AWS, such as eu-west-1."
  }
}

variable "repository" {
  description = "Name of the repository that these resources come from: their tag Repository."
  type        = string
  default     = "bbws-orders"
}

variable "encryption" {
  description = "aws-managed, or customer-managed by a key that is made here."
  type        = string

  validation {
    condition     = contains(["aws-managed", "customer-managed"], var.encryption)
    error_message = "encryption must be aws-managed or customer-managed."
  }
}

variable "mfa_delete" {
  description = "Versions of state are deleted with the root user's MFA device only. S3 then takes no life cycle; see the README."
  type        = bool
}

variable "old_version_days" {
  description = "Days that earlier versions of state are kept, where mfa_delete does not keep them all."
  type        = number
  default     = 365

  validation {
    condition     = var.old_version_days >= 30 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days must be a whole number of at least 30 days, so that a damaged state can be gone back from."
  }
}

variable "access_log_days" {
  description = "Days that the log of who read or wrote state is kept."
  type        = number

  validation {
    condition     = var.access_log_days >= 1 && floor(var.access_log_days) == var.access_log_days
    error_message = "access_log_days must be a whole number of days, at least 1."
  }
}
