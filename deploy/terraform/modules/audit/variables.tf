variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "account_wide" {
  description = "Makes what an account has once: password policy, trail, and what is looked at of users. False in the failover region."
  type        = bool
  default     = true
}

variable "suffix" {
  description = "What the failover region's bucket names end in, such as -dr; bucket names are unique in the world."
  type        = string
  default     = ""
}

variable "cloudtrail" {
  description = "off, on (this region), or multi-region."
  type        = string

  validation {
    condition     = contains(["off", "on", "multi-region"], var.cloudtrail)
    error_message = "cloudtrail must be off, on or multi-region."
  }
}

variable "guardduty" {
  description = "off, on (findings, and a page for severe ones), or automated-response (a task with a severe finding is isolated as well)."
  type        = string

  validation {
    condition     = contains(["off", "on", "automated-response"], var.guardduty)
    error_message = "guardduty must be off, on or automated-response."
  }
}

variable "config" {
  description = "Records the configuration of resources, and judges it by rules."
  type        = bool
}

variable "log_days" {
  description = "Days that trail and recorded configuration are kept."
  type        = number

  validation {
    condition     = var.log_days >= 30 && var.log_days <= 2557 && floor(var.log_days) == var.log_days
    error_message = "log_days must be a whole number of days from 30 to 2557, the bounds of AWS Config."
  }
}

variable "trail_log_days" {
  description = "Days that the trail can be searched in CloudWatch Logs; the bucket keeps it for log_days."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.trail_log_days)
    error_message = "trail_log_days must be a retention that CloudWatch Logs knows, up to 400 days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400."
  }
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
  description = "Key of trail, recorded configuration and log group when it is customer-managed; its policy needs the output key_policy_json."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Lets nobody delete what is in the audit bucket before its time."
  type        = bool
}

variable "password_length" {
  description = "Fewest characters of a user's password."
  type        = number

  validation {
    condition     = var.password_length >= 8 && var.password_length <= 128 && floor(var.password_length) == var.password_length
    error_message = "password_length must be a whole number from 8 to 128: shorter ones are not allowed here, longer ones not by AWS."
  }
}

variable "password_max_age_days" {
  description = "Days after which a password must be changed: PCI DSS 8.3.9 asks for it where a password may be the only factor."
  type        = number
  default     = 90

  validation {
    condition     = var.password_max_age_days >= 1 && var.password_max_age_days <= 90
    error_message = "password_max_age_days must be from 1 to 90."
  }
}

variable "access_key_max_age_days" {
  description = "Days after which a user's access key is reported as too old."
  type        = number

  validation {
    condition     = var.access_key_max_age_days >= 1 && var.access_key_max_age_days <= 90
    error_message = "access_key_max_age_days must be from 1 to 90."
  }
}

variable "mfa" {
  description = "Reports users, and the root user, who sign in without a second factor."
  type        = bool
}

variable "waf" {
  description = "Reports load balancers without a firewall."
  type        = bool
  default     = false
}

variable "data_event_bucket_arns" {
  description = "Buckets whose every read and write of an object is in the trail."
  type        = list(string)
  default     = []
}

variable "data_event_table_arns" {
  description = "Tables whose every read and write of an item is in the trail."
  type        = list(string)
  default     = []
}

variable "page_topic_arn" {
  description = "Topic that severe findings are told to, and what became of a task that was isolated. Needed unless guardduty is off."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "Network of the tasks: the group that isolates them is made in it. Needed when guardduty is automated-response."
  type        = string
  default     = null
}

variable "runtime_monitoring" {
  description = "GuardDuty puts an agent of its own into each task: only with room for it in their memory, and with the same of the module region."
  type        = bool
  default     = false
}

variable "service_linked_roles" {
  description = "Makes AWS Config's role. False where the account has it: a second one is refused."
  type        = bool
  default     = true
}

variable "config_role_arn" {
  description = "AWS Config's role as another region's audit gives it, which makes it; null where account_wide makes it."
  type        = string
  default     = null
}

# https://docs.aws.amazon.com/config/latest/developerguide/managing-rules-by-region-availability.html
variable "absent_rules" {
  description = "Rules of AWS Config that a region does not have, by the region."
  type        = map(set(string))
  default = {
    af-south-1 = [
      "alb-http-drop-invalid-header-enabled",
      "alb-http-to-https-redirection-check",
      "alb-waf-enabled",
      "guardduty-enabled-centralized",
      "restricted-ssh",
    ]
  }
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
