variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "topology" {
  description = "Queues, rules, bus, events and tables as topology.yaml declares them."
  type = object({
    queues = list(object({ name = string, worker = string }))
    rules  = list(object({ dead_letter_queue = string }))
    bus    = object({ name = string })
    events = object({ source = string })
  })
}

variable "table_name" {
  description = "Name of the table of orders: a restored one has another than the declared."
  type        = string
}

variable "control_table" {
  description = "Name and regions of the table that says which region writes; null where one region always does."
  type        = object({ name = string, regions = list(string) })
  default     = null
}

variable "bucket_names" {
  description = "Names of this region's buckets, by the keys orders and templates, and of the sidecars' configuration."
  type        = object({ orders = string, templates = string, configuration = string })
}

variable "other_region" {
  description = "The other region of two; null where there is one."
  type        = string
  default     = null
}

variable "other_documents_bucket" {
  description = "Name of the other region's bucket of documents; null in a single region."
  type        = string
  default     = null
}

variable "mail" {
  description = "What notifiers send by: the identity (a domain or an address), the from-address, the configuration set."
  type        = object({ identity = string, from_address = string, configuration_set = optional(string) })
}

variable "secrets" {
  description = "Names of the secrets that a role's process reads, and of the parameters that ECS reads for it, by role."
  type        = map(object({ read = optional(list(string), []), parameters = optional(list(string), []) }))
}

variable "secret_prefix" {
  description = "What the names of secrets and parameters begin with, such as bbws-orders/dev."
  type        = string
}

variable "key_aliases" {
  description = "Aliases of the customer-managed keys of table, buckets and secrets; empty where AWS manages keys."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.key_aliases) == 0 || length(setsubtract(["table", "buckets", "secrets"], keys(var.key_aliases))) == 0
    error_message = "key_aliases must have table, buckets and secrets, or be empty."
  }
}

variable "repository_arn" {
  description = "Registry's repository that images are pulled from."
  type        = string
}

variable "people" {
  description = "ARNs of the principals that may become operator, reader or, in the hour of need, switch regions."
  type        = list(string)
}

variable "drill" {
  description = "Repository on GitHub, and its environments, whose workflow may rehearse a takeover as region-switch: each environment has a reviewer, who takes the place of the second factor. null: people alone."
  type        = object({ repository = string, environments = list(string) })
  default     = null

  validation {
    condition     = var.drill == null ? true : length(var.drill.environments) > 0 && alltrue([for name in var.drill.environments : can(regex("^[A-Za-z0-9_-]+$", name))])
    error_message = "drill must name at least one environment on GitHub, without wildcards."
  }
}

variable "mfa" {
  description = "Asks people for a second factor."
  type        = bool
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
