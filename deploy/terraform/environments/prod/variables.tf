# What is in every environment's file beside this one. The figures are typed and held by the modules that use them.

variable "account" {
  description = "Account that may be changed: nothing is done with credentials of another."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account must be the 12 digits of an AWS account."
  }
}

variable "account_alias" {
  description = "Name that people know the account by."
  type        = string
}

variable "region" {
  description = "Region of the environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region must be a region of AWS, such as eu-west-1."
  }
}

variable "failover_region" {
  description = "Region that takes over when the first one fails."
  type        = string

  validation {
    condition     = var.failover_region != var.region
    error_message = "failover_region must be another region than region."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Environment and Region."
  type        = map(string)
}

variable "figures" {
  description = "How much, how long and how many: see the module region."
  type        = any
}

variable "table" {
  description = "Days of point-in-time recovery, what protects the tables, and how they are backed up; see the modules table and backup."
  type = object({
    pitr_days             = number
    deletion_protection   = bool
    contributor_insights  = bool
    deny_deletes          = bool
    deny_batch_writes     = bool
    backups               = string
    backup_retention_days = number
  })

  validation {
    condition     = var.table.pitr_days >= 1 && var.table.pitr_days <= 35 && floor(var.table.pitr_days) == var.table.pitr_days
    error_message = "table: pitr_days must be a whole number from 1 to 35, the bounds of point-in-time recovery."
  }

  validation {
    condition     = contains(["hourly", "daily"], var.table.backups)
    error_message = "table: backups must be hourly or daily."
  }

  validation {
    condition     = var.table.backup_retention_days >= 1 && floor(var.table.backup_retention_days) == var.table.backup_retention_days
    error_message = "table: backup_retention_days must be a whole number of days, at least 1."
  }
}

variable "network" {
  description = "VPC, see the module network."
  type        = any
}

variable "failover_network" {
  description = "VPC of the failover region, see the module network."
  type        = any
}

variable "regional_domains" {
  description = "Each region's own name, which health checks ask."
  type        = object({ primary = string, failover = string })
}

variable "failover" {
  description = "Which path health checks ask, how often, and after how many failures a region is left."
  type        = object({ health_path = string, interval_seconds = number, failure_threshold = number })
}

variable "domains" {
  description = "Names of the API."
  type        = list(string)
}

variable "zones" {
  description = "Route 53 zones that the names are in."
  type        = list(string)
}

variable "account_rules" {
  description = "What holds in the whole account: trail, detection, rules, passwords, keys' age, see the module audit."
  type = object({
    cloudtrail              = string
    guardduty               = string
    config                  = bool
    mfa                     = bool
    password_length         = number
    access_key_max_age_days = number
  })
}

variable "budget" {
  description = "Dollars a month, and the share of them at which people hear of it."
  type        = object({ usd_month = number, alert_fraction = number })
}

variable "release" {
  description = "How the API's releases go, see the module ecs_service."
  type        = any
}

variable "failover_release" {
  description = "How releases go in the failover region: all-at-once, for it serves no changes, or linear."
  type        = string
}

variable "repository" {
  description = "Repository on GitHub whose workflows release this, its environments that may, those that rehearse a takeover, and the account that images are promoted from."
  type        = object({ name = string, environments = list(string), drills = list(string), images_from = optional(string) })
}

variable "sidecar_images" {
  description = "Images of the log router and the collector, with their versions."
  type        = object({ log_router = string, collector = string })
}

# What only the account's owner knows, or a release brings: no file of this tree has it.

variable "image_digest" {
  description = "Digest of the image that runs: another one is a release."
  type        = string
}

variable "auth" {
  description = "Issuer of accepted tokens, and their audiences."
  type        = object({ issuer = string, audiences = list(string) })
}

variable "recipients" {
  description = "Addresses of alerts (ticket) and pages (page)."
  type        = object({ ticket = string, page = string })
}

variable "operator_ips" {
  description = "Address ranges that reach the operators' paths."
  type        = list(string)

  validation {
    condition     = length(var.operator_ips) > 0 && alltrue([for range in var.operator_ips : can(cidrhost(range, 0))])
    error_message = "operator_ips must be address ranges such as 203.0.113.0/24, at least one."
  }
}

variable "callers" {
  description = "Service clients, origins of pages, senders of orders by queue, other services' publishers; see the module region."
  type        = any
  default     = {}
}

variable "services" {
  description = "Addresses of the product and the campaigns service, and the staff address of shops that name none."
  type        = any
  default     = {}
}

variable "people" {
  description = "Principals that may become operator or reader; by default whoever in the account is allowed to."
  type        = list(string)
  default     = null
}

variable "restored_table" {
  description = "A table restored from a backup that takes the place of the declared one; see docs/runbooks/restore.md."
  type        = string
  default     = null
}
