variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "topology" {
  description = "What src/orders/topology.yaml declares, decoded."
  type        = any
}

variable "sizes" {
  description = "Size and number of tasks of each kind: api, worker, relay, notifier, and a worker's name where it differs from the others."
  type        = map(object({ min = number, max = number, cpu = number, memory_mib = number }))

  validation {
    condition     = length(setsubtract(["api", "worker", "relay", "notifier"], keys(var.sizes))) == 0
    error_message = "sizes must have api, worker, relay and notifier."
  }

  validation {
    condition     = alltrue([for size in values(var.sizes) : size.min >= 1 && size.max >= size.min])
    error_message = "sizes: min must be at least 1, and max not below it; look at ${join(", ", [for name, size in var.sizes : name if size.min < 1 || size.max < size.min])}."
  }

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  validation {
    condition = alltrue([for size in values(var.sizes) : contains(lookup({
      "256"  = [512, 1024, 2048]
      "512"  = [for gib in range(1, 5) : gib * 1024]
      "1024" = [for gib in range(2, 9) : gib * 1024]
      "2048" = [for gib in range(4, 17) : gib * 1024]
      "4096" = [for gib in range(8, 31) : gib * 1024]
    }, tostring(size.cpu), []), size.memory_mib)])
    error_message = "sizes: a task of Fargate has 256 units with 512, 1024 or 2048 MiB, 512 with 1 to 4 GiB, 1024 with 2 to 8 GiB, 2048 with 4 to 16 GiB or 4096 with 8 to 30 GiB, in whole GiB; not ${join(", ", [for name, size in var.sizes : "${name} with ${size.cpu} and ${size.memory_mib} MiB"])}."
  }
}

variable "image" {
  description = "Registry's repository (address and ARN) and the digest that runs."
  type        = object({ repository = string, repository_arn = string, digest = string })

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "image: digest must be sha256: and 64 hexadecimal digits."
  }
}

variable "sidecar_images" {
  description = "Images of the log router and the collector; the release mirrors them beside our own."
  type        = object({ log_router = string, collector = string })
}

variable "architecture" {
  description = "Processor: ARM64 or X86_64."
  type        = string
}

variable "stop_timeout_seconds" {
  description = "Time that a process has to end."
  type        = number
}

variable "spot" {
  description = "Runs workers and relay on spare capacity."
  type        = bool
}

variable "container_insights" {
  description = "Collects metrics of tasks; scaling by messages and requests needs them."
  type        = bool
}

variable "network" {
  description = "VPC, its address range and private subnets."
  type        = object({ vpc_id = string, cidr = string, subnet_ids = list(string) })
}

variable "load_balancer" {
  description = "What module load_balancer gives."
  type = object({
    security_group_id   = string
    production_rule_arn = string
    test_rule_arn       = string
    target_groups       = map(object({ arn = string }))
  })
}

variable "release" {
  description = "How the API's releases go; see the module ecs_service."
  type = object({
    strategy            = string
    step_percent        = optional(number)
    step_minutes        = optional(number)
    bake_minutes        = number
    abort_after_minutes = number
  })
}

variable "rollback_alarms" {
  description = "Names of the alarms that bring an API's revision back."
  type        = list(string)
}

variable "table_name" {
  description = "Table of orders where it isn't the declared one: a restored table. Null for the declared."
  type        = string
  default     = null
}

variable "bucket_names" {
  description = "Names of this region's buckets, by the keys orders and templates."
  type        = object({ orders = string, templates = string })
}

variable "failover_suffix" {
  description = "What names of buckets end in that are not derived from the environment alone; empty in the first region."
  type        = string
  default     = ""
}

variable "other_region" {
  description = "The other region of two; null where there is one."
  type        = string
  default     = null
}

variable "control_table" {
  description = "Name and regions of the table that says which region writes; null where there is one region."
  type        = object({ name = string, regions = list(string) })
  default     = null
}

variable "logs" {
  description = "Least severe level logged, whether personal data is in clear, and days that logs and audit records are kept."
  type        = object({ level = string, pii = string, retention_days = number, audit_days = number })

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.logs.level)
    error_message = "logs: level must be DEBUG, INFO, WARNING or ERROR."
  }

  validation {
    condition     = var.logs.pii == "masked" ? true : var.logs.pii == "clear" && var.environment == "dev"
    error_message = "logs: pii must be masked; clear is for dev alone."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.logs.retention_days
    )
    error_message = "logs: CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, not ${var.logs.retention_days}."
  }

  validation {
    condition     = var.logs.audit_days >= 1 && var.logs.audit_days <= 3653
    error_message = "logs: audit_days must be from 1 to 3653."
  }
}

variable "tracing" {
  description = "Runs the collector beside each task."
  type        = bool
}

variable "trace_share" {
  description = "Share of traces that are kept, where no caller has decided it: 1 is all of them."
  type        = number
  default     = 1

  validation {
    condition     = var.trace_share >= 0 && var.trace_share <= 1
    error_message = "trace_share must be from 0 to 1: it is a share of all traces."
  }
}

variable "log_key_arn" {
  description = "Key of the log groups; null for CloudWatch's own."
  type        = string
  default     = null
}

variable "key_aliases" {
  description = "Aliases of the keys of table, buckets and secrets; empty where AWS manages keys."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "How the API has its keys (environment, secrets-manager or secrets-manager-rotated), and what names of secrets and parameters begin with."
  type        = object({ source = string, prefix = string })

  validation {
    condition     = contains(["environment", "secrets-manager", "secrets-manager-rotated"], var.secrets.source)
    error_message = "secrets: source must be environment, secrets-manager or secrets-manager-rotated."
  }
}

variable "rate_limit" {
  description = "Requests that one caller may make in a second and at once, and whether callers need an API key."
  type        = object({ requests_per_second = number, burst = number, api_key_required = bool })
}

variable "mail" {
  description = "Identity, from-address and configuration set that mails go by, and how many a second and a day."
  type = object({
    identity          = string
    from              = string
    configuration_set = optional(string)
    per_second        = number
    per_day           = number
  })
}

variable "staff_address_fallback" {
  description = "Staff address of shops that name none; {tenant} in it is replaced. Null for none."
  type        = string
  default     = null
}

variable "auth" {
  description = "Issuer of accepted tokens, and their audiences or client ids."
  type        = object({ issuer = string, audiences = list(string) })

  validation {
    condition     = can(regex("^https://[^\\s/]+", var.auth.issuer)) && length(var.auth.audiences) > 0
    error_message = "auth: issuer must be an https address, and audiences name at least one."
  }
}

variable "service_clients" {
  description = "Tenants of clients that call with tokens of their own, by client id."
  type        = map(string)
  default     = {}
}

variable "cors_origins" {
  description = "Origins whose pages may call the API."
  type        = list(string)
  default     = []
}

variable "services" {
  description = "Addresses of the product and the campaigns service; null for a service that isn't there."
  type = object({
    product_api   = optional(object({ url = string }))
    campaigns_api = optional(object({ url = string }))
  })
  default = {}
}

variable "order_senders" {
  description = "Other services that put orders on the queue: their tenants (* for any), by the unique id of their role."
  type        = map(string)
  default     = {}
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

variable "mfa" {
  description = "Asks people for a second factor."
  type        = bool
}

variable "scaling" {
  description = "What tasks are added for, see the module ecs_service."
  type = object({
    cpu_percent       = optional(number, 60)
    requests_per_task = optional(number, 3000)
    messages_per_task = optional(number, 20)
  })
  default = {}
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
