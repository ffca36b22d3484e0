variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "alarms" {
  description = "none, critical (those that tell of harm), or comprehensive (all)."
  type        = string

  validation {
    condition     = contains(["none", "critical", "comprehensive"], var.alarms)
    error_message = "alarms must be none, critical or comprehensive."
  }
}

variable "dashboards" {
  description = "Dashboards: service (how it runs) and executive (what it is for)."
  type        = list(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.dashboards, ["service", "executive"])) == 0
    error_message = "dashboards must be service, executive or both."
  }
}

variable "availability_target" {
  description = "Share of requests that are to be answered: 0.999 is three nines."
  type        = number

  validation {
    condition     = var.availability_target > 0 && var.availability_target < 1
    error_message = "availability_target must be a share between 0 and 1, such as 0.999."
  }
}

variable "topics" {
  description = "ARNs of the topics that alarms go to: alerts, and pages for those that wake somebody."
  type        = object({ alerts = string, pages = string })
}

variable "recipients" {
  description = "Mail addresses that alerts (ticket) and pages (page) go to; null for none."
  type        = object({ ticket = string, page = string })
  default     = null
}

variable "queue_names" {
  description = "Names of the workers' queues, by worker."
  type        = map(string)
}

variable "dead_letter_queue_names" {
  description = "Names of all dead-letter queues: workers', by worker, and rules', by rule:NAME."
  type        = map(string)
}

variable "bus_name" {
  description = "Name of the bus."
  type        = string
}

variable "rule_names" {
  description = "Names of the bus's rules."
  type        = list(string)
}

variable "table" {
  description = "Name of the table of orders, its indexes, and the region of its replica; null for a table in one region."
  type        = object({ name = string, indexes = list(string), replica_region = optional(string) })
}

variable "load_balancer" {
  description = "ARN suffix of the load balancer, as its metrics name it."
  type        = string
}

variable "replicated_buckets" {
  description = "Buckets replicated to another region: source and destination, by rule."
  type        = map(object({ source = string, destination = string, rule = string }))
  default     = {}
}

variable "replication_minutes" {
  description = "Minutes within which an object is in the other region."
  type        = number
  default     = 15
}

variable "scale_out_policy_arn" {
  description = "Policy that adds tasks to the API: what throttling does besides telling people."
  type        = string
}

variable "revision" {
  description = "Revision that runs after this apply: release alarms look at what it alone does."
  type        = string
}

variable "rollback_when" {
  description = "What ends a release: shares of requests, orders and events, 95th percentiles in seconds, dead letters."
  type = object({
    error_rate           = number
    create_p95_seconds   = number
    status_p95_seconds   = number
    dlq_depth            = number
    processing_failures  = number
    publication_failures = number
  })
}

variable "second_region" {
  description = "True where two regions hold one service: the writer's lease and the standby are watched."
  type        = bool
  default     = false
}

variable "namespace" {
  description = "Namespace of the service's own metrics."
  type        = string
  default     = "BBWS/Orders"
}
