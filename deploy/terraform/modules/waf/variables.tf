variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "load_balancer_arn" {
  description = "Load balancer that the firewall stands before."
  type        = string
}

variable "rate_per_client_per_minute" {
  description = "Requests that one address may send within a minute."
  type        = number
  default     = 6000

  validation {
    condition     = var.rate_per_client_per_minute >= 10 && var.rate_per_client_per_minute <= 2000000000 && floor(var.rate_per_client_per_minute) == var.rate_per_client_per_minute
    error_message = "rate_per_client_per_minute must be a whole number from 10 to 2000000000, the bounds of AWS WAF."
  }
}

variable "total_per_minute" {
  description = "Requests that all clients together may send within a minute."
  type        = number
  default     = 600000

  validation {
    condition     = var.total_per_minute >= 10 && var.total_per_minute <= 2000000000 && floor(var.total_per_minute) == var.total_per_minute
    error_message = "total_per_minute must be a whole number from 10 to 2000000000, the bounds of AWS WAF."
  }
}

variable "blocked_countries" {
  description = "Countries that nobody may call from, by two letters (ISO 3166); none blocks nobody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for country in var.blocked_countries : can(regex("^[A-Z]{2}$", country))])
    error_message = "blocked_countries must be two capital letters each, such as KP."
  }

  validation {
    condition     = length(var.blocked_countries) <= 50
    error_message = "blocked_countries must be 50 at most: AWS WAF takes no more in one rule."
  }
}

variable "health_paths" {
  description = "Paths that health checkers ask, exactly: exempt from all rules."
  type        = list(string)
  default     = ["/health", "/health/live", "/health/ready"]

  validation {
    condition     = length(var.health_paths) > 0 && alltrue([for path in var.health_paths : can(regex("^/health(/[a-z]+)?$", path))])
    error_message = "health_paths must be /health or paths right below it, such as /health/live."
  }
}

variable "operator_paths" {
  description = "Paths that only operator_cidrs may call; * stands for one segment."
  type        = list(string)
  default     = ["/v1.0/orders/*/erase"]

  validation {
    condition     = alltrue([for path in var.operator_paths : can(regex("^/[A-Za-z0-9._~/*-]+$", path))])
    error_message = "operator_paths must be paths such as /v1.0/orders/*/erase."
  }

  validation {
    condition     = length(join("", var.operator_paths)) <= 300
    error_message = "operator_paths must have 300 characters at most, taken together: AWS WAF takes 512 in one expression."
  }
}

variable "operator_cidrs" {
  description = "IPv4 ranges that operators work from; none closes operator_paths to everybody."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.operator_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) > 0, false)])
    error_message = "operator_cidrs must be IPv4 ranges, such as 192.0.2.0/24, and not the whole internet."
  }
}

variable "counted_rules" {
  description = "Rules of the common rule set that count only."
  type        = set(string)
  default     = ["SizeRestrictions_BODY"]

  validation {
    condition     = contains(var.counted_rules, "SizeRestrictions_BODY")
    error_message = "counted_rules must have SizeRestrictions_BODY: it would refuse orders over 8 KB, and they may have 256 KiB."
  }
}

variable "log_days" {
  description = "Days that the firewall's log is kept."
  type        = number

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days
    )
    error_message = "log_days must be a retention that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "kms_key_arn" {
  description = "Key of the log, whose policy must let CloudWatch Logs use it; null for CloudWatch's own."
  type        = string
  default     = null
}
