variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "names" {
  description = "The secrets, such as cursor-keys and api-keys; each is called bbws-orders/ENVIRONMENT/NAME."
  type        = set(string)

  validation {
    condition     = alltrue([for name in var.names : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name))])
    error_message = "names must have small letters, digits and single hyphens, such as cursor-keys."
  }

  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
  validation {
    condition     = alltrue([for name in var.names : !can(regex("-[a-z0-9]{6}$", name))])
    error_message = "names must not end in a hyphen and six characters: Secrets Manager takes them for the end of an ARN."
  }
}

variable "values" {
  description = "Values that Terraform knows and that are not secret, by name, such as order-senders; of all others people or the service write the value."
  type        = map(string)
  default     = {}
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
  description = "Key of customer-managed encryption."
  type        = string
  default     = null
}

variable "recovery_days" {
  description = "Days that a deleted secret can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_days >= 7 && var.recovery_days <= 30 && floor(var.recovery_days) == var.recovery_days
    error_message = "recovery_days must be a whole number from 7 to 30, the bounds of Secrets Manager."
  }
}

variable "replica_region" {
  description = "Region that has a copy of each secret, under the same name; null for none."
  type        = string
  default     = null
}

variable "replica_kms_key_arn" {
  description = "Key of customer-managed encryption there."
  type        = string
  default     = null
}

variable "rotated" {
  description = "Renews the cursor key by a scheduled task, as rotation says."
  type        = bool
  default     = false
}

variable "rotation_days" {
  description = "Days between two renewals of the cursor key."
  type        = number
  default     = 30

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 365 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days must be a whole number from 1 to 365."
  }
}

variable "rotation" {
  description = "What runs `orders keys rotate cursor`: cluster and family of the task definition by name, its container where the command is not the definition's own, the network, and the names of the task's two roles; null where rotated is false."
  type = object({
    cluster_name      = string
    family            = string
    container         = optional(string)
    subnet_ids        = list(string)
    security_group_id = string
    role_names        = list(string)
  })
  default = null

  validation {
    condition     = var.rotation == null ? true : length(var.rotation.role_names) > 0 && length(distinct(var.rotation.role_names)) == length(var.rotation.role_names)
    error_message = "rotation.role_names must name the task's role and its execution role, each once."
  }
}

variable "alert_topic_arn" {
  description = "Topic that is told of a renewal that failed; its policy lets events.amazonaws.com publish from the account's rules. Needed where rotated is true."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
