variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "domains" {
  description = "Names of the API that clients call."
  type        = set(string)

  validation {
    condition     = length(var.domains) > 0 && alltrue([for domain in var.domains : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", domain))])
    error_message = "domains must be at least one host name in lower case, such as api.shop.example."
  }
}

variable "zone_ids" {
  description = "Route 53 zone of each name, the regions' own names included."
  type        = map(string)
}

variable "primary" {
  description = "Load balancer that answers, with the region's own name (needed where there is a failover)."
  type = object({
    dns_name = string
    zone_id  = string
    domain   = optional(string)
  })
}

variable "failover" {
  description = "Load balancer that answers when the first region fails; null where there is one region."
  type = object({
    dns_name = string
    zone_id  = string
    domain   = optional(string)
  })
  default = null
}

variable "watched" {
  description = "Watches the API where there is one region; two are always watched."
  type        = bool
  default     = false
}

variable "health_path" {
  description = "What Route 53's checkers ask: whether the region is there for clients."
  type        = string
  default     = "/health"

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "health_path must be a path, such as /health."
  }
}

variable "interval_seconds" {
  description = "Seconds between two questions of a checker."
  type        = number
  default     = 30

  validation {
    condition     = contains([10, 30], var.interval_seconds)
    error_message = "interval_seconds must be 10 or 30: Route 53 knows no other."
  }
}

variable "failure_threshold" {
  description = "Answers in a row that change a checker's mind."
  type        = number
  default     = 2

  validation {
    condition     = var.failure_threshold >= 1 && var.failure_threshold <= 10 && floor(var.failure_threshold) == var.failure_threshold
    error_message = "failure_threshold must be a whole number from 1 to 10, the bounds of Route 53."
  }
}

variable "ttl_seconds" {
  description = "Seconds that resolvers keep an answer: AWS's own figure for aliases of load balancers, said here to be seen."
  type        = number
  default     = 60

  validation {
    condition     = var.ttl_seconds == 60
    error_message = "ttl_seconds must be 60: an alias of a load balancer has the load balancer's TTL, and no other can be set."
  }
}

variable "recipients" {
  description = "E-mail addresses that are told when a region fails; each must confirm by a link."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for recipient in var.recipients : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", recipient))])
    error_message = "recipients must be e-mail addresses, such as oncall@shop.example."
  }
}

variable "kms_key_arn" {
  description = "Key of the topic, in us-east-1, whose policy lets CloudWatch use it; null for none."
  type        = string
  default     = null
}
