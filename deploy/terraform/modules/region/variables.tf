variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "topology" {
  description = "What src/orders/topology.yaml declares, decoded; the modules beneath say what they need of it."
  type        = any
}

variable "figures" {
  description = "What differs between environments and is the same in both regions of one. The modules beneath say what each is and what is right."
  type = object({
    queue_retention_days       = number
    dead_letter_retention_days = number
    archive_days               = number

    buckets = object({
      versioning          = bool
      document_days       = optional(number)
      retain_years        = optional(number)
      archive_after_days  = optional(number)
      intelligent_tiering = optional(bool, false)
      encryption          = string
      access_logs         = bool
      deletion_protection = bool
      deny_deletes        = optional(bool, false)
      replication_minutes = optional(number)
    })

    architecture         = string
    stop_timeout_seconds = number
    tasks                = map(object({ min = number, max = number, cpu = number, memory_mib = number }))
    spot                 = bool
    container_insights   = bool
    tracing              = bool
    trace_share          = optional(number, 1)
    logs                 = object({ level = string, pii = string, retention_days = number, audit_days = number })

    tls_policy   = string
    waf          = bool
    waf_rules    = object({ rate_per_client_per_minute = number, total_per_minute = number, blocked_countries = list(string) })
    operator_ips = optional(list(string), [])
    secrets      = string
    mfa          = bool
    rate_limit   = object({ requests_per_second = number, burst = number, api_key_required = bool })

    mail = object({
      from              = string
      per_second        = number
      per_day           = number
      domain_verified   = bool
      configuration_set = optional(string)
      feedback          = string
    })

    alarms              = string
    dashboards          = list(string)
    availability_target = number
    rollback_when       = object({ error_rate = number, create_p95_seconds = number, status_p95_seconds = number, dlq_depth = number, processing_failures = number, publication_failures = number })
  })

  # What several modules beneath would each refuse is refused here, once.
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.figures.logs.retention_days)
    error_message = "logs: retention_days is ${var.figures.logs.retention_days}; CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }

  validation {
    condition     = var.figures.dead_letter_retention_days >= 1 && var.figures.dead_letter_retention_days <= 14
    error_message = "dead_letter_retention_days must be from 1 to 14: SQS keeps messages for 14 days at most."
  }

  validation {
    condition     = contains(["ARM64", "X86_64"], var.figures.architecture)
    error_message = "architecture must be ARM64 or X86_64."
  }

  validation {
    condition     = var.figures.stop_timeout_seconds >= 30 && var.figures.stop_timeout_seconds <= 120
    error_message = "stop_timeout_seconds must be from 30 to 120: work in flight takes up to 25 s, and Fargate waits 120 s at most."
  }
}

variable "network" {
  description = "VPC of this region, see the module network."
  type = object({
    vpc_name         = string
    name_prefix      = string
    cidr             = string
    zones            = number
    public_subnets   = list(string)
    private_subnets  = list(string)
    nat_gateways     = number
    endpoints        = list(string)
    absent_endpoints = optional(list(string), [])
  })
}

variable "domains" {
  description = "Names that the load balancer answers for; the first is the certificate's own."
  type        = list(string)
}

variable "zone_ids" {
  description = "Route 53 zone of each of the domains."
  type        = map(string)
}

variable "records_elsewhere" {
  description = "Domains whose validation records the other region's certificate has written."
  type        = list(string)
  default     = []
}

variable "mail_zone_id" {
  description = "Route 53 zone of the domain that mails are from; null where an address is verified and not a domain."
  type        = string
  default     = null
}

variable "writes_shared_mail_records" {
  description = "Writes the mail domain's records that exist once, whichever regions send."
  type        = bool
  default     = true
}

variable "keys" {
  description = "ARNs and aliases of this region's keys, by name; null where AWS manages keys."
  type        = object({ arns = map(string), aliases = map(string) })
  default     = null
}

variable "suffix" {
  description = "What the failover region's buckets end in, such as -dr; bucket names are unique in the world."
  type        = string
  default     = ""
}

variable "table" {
  description = "A restored table that is used in place of the declared one; null for the declared."
  type        = string
  default     = null
}

variable "replica_region" {
  description = "Region that this one replicates to; null for one region."
  type        = string
  default     = null
}

variable "release" {
  description = "How the API's releases go in this region, see the module ecs_service."
  type = object({
    strategy            = string
    step_percent        = optional(number)
    step_minutes        = optional(number)
    bake_minutes        = number
    abort_after_minutes = number
  })
}

variable "image_digest" {
  description = "Digest of the image that runs: another one is a release."
  type        = string
}

variable "sidecar_images" {
  description = "Images of the log router and the collector."
  type        = object({ log_router = string, collector = string })
}

variable "auth" {
  description = "Issuer of accepted tokens, and their audiences."
  type        = object({ issuer = string, audiences = list(string) })
}

variable "callers" {
  description = "Who calls, beside people with tokens: tenants of service clients, origins of pages, senders of orders by queue."
  type = object({
    service_clients = optional(map(string), {})
    cors_origins    = optional(list(string), [])
    order_senders   = optional(map(string), {})
    publishers      = optional(map(list(string)), {})
  })
  default = {}
}

variable "services" {
  description = "Addresses of the product and the campaigns service; null for one that isn't there."
  type = object({
    product_api            = optional(object({ url = string }))
    campaigns_api          = optional(object({ url = string }))
    staff_address_fallback = optional(string)
  })
  default = {}
}

variable "people" {
  description = "Principals that may become operator, reader or region switch."
  type        = list(string)
}

variable "drill" {
  description = "Repository on GitHub, and its environments, whose workflow may rehearse a takeover as region-switch: each environment has a reviewer, who takes the place of the second factor. null: people alone."
  type        = object({ repository = string, environments = list(string) })
  default     = null
}

variable "recipients" {
  description = "Addresses of alerts (ticket) and pages (page)."
  type        = object({ ticket = string, page = string })
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}

variable "runtime_monitoring" {
  description = "GuardDuty puts an agent of its own beside the containers of each task."
  type        = bool
  default     = false
}
