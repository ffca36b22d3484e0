variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "limit_usd_month" {
  description = "What the account may cost in a month, in US dollars."
  type        = number

  validation {
    condition     = var.limit_usd_month > 0
    error_message = "limit_usd_month must be more than 0 US dollars."
  }
}

variable "alert_fraction" {
  description = "Part of the limit at which what was spent is told: 0.8 for 80 %."
  type        = number
  default     = 0.8

  validation {
    condition     = var.alert_fraction > 0 && var.alert_fraction <= 1
    error_message = "alert_fraction must be above 0 and at most 1: 0.8 stands for 80 % of the limit."
  }
}

variable "recipients" {
  description = "Mail addresses that are told."
  type        = list(string)

  validation {
    condition     = length(var.recipients) >= 1 && length(var.recipients) <= 10
    error_message = "recipients must have from 1 to 10 mail addresses: AWS Budgets tells no more."
  }

  validation {
    condition     = alltrue([for address in var.recipients : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "recipients must be mail addresses, such as platform@bbws.example."
  }
}

variable "tag_filter" {
  description = "Counts only what has this tag, such as {key = \"Application\", value = \"CustomerPortalPublic\"}; null counts the whole account."
  type        = object({ key = string, value = string })
  default     = null
}

variable "report" {
  description = "Repository on GitHub (OWNER/NAME), and its environment, whose workflow reports what was spent."
  type        = object({ repository = string, environment = string })

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.report.environment))
    error_message = "report must name one environment on GitHub, without a wildcard."
  }
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
