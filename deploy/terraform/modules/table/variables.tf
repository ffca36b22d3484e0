variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "declaration" {
  description = "The table as topology.yaml declares it: name, keys, stream, TTL attribute and global secondary indexes."
  type = object({
    name          = string
    partition_key = string
    sort_key      = optional(string)
    stream        = optional(string)
    ttl_attribute = optional(string)
    indexes = optional(list(object({
      name       = string
      hash       = string
      range      = optional(string)
      projection = string
      attributes = optional(string)
    })), [])
  })

  validation {
    condition     = alltrue([for index in var.declaration.indexes : contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection)])
    error_message = "An index projects ALL, KEYS_ONLY or INCLUDE."
  }
}

variable "restored" {
  description = "Name of a table restored from a backup that has taken the place of the declared one, by import into the state; null for the declared one. See docs/runbooks/restore.md."
  type        = string
  default     = null

  # Roles that restore and compare may touch such names only, and a name by mistake would replace the table.
  validation {
    condition     = var.restored == null || startswith(coalesce(var.restored, "-"), "${var.declaration.name}-${var.environment}-restored")
    error_message = "restored must be the declared table's name and -restored, with whatever follows."
  }
}

variable "attribute_lists" {
  description = "The named lists of attributes that indexes with projection INCLUDE refer to."
  type        = map(list(string))
  default     = {}
}

variable "pitr_days" {
  description = "Days that point-in-time recovery reaches back (AWS allows 1 to 35)."
  type        = number

  validation {
    condition     = var.pitr_days >= 1 && var.pitr_days <= 35 && floor(var.pitr_days) == var.pitr_days
    error_message = "pitr_days must be a whole number from 1 to 35, the bounds of point-in-time recovery."
  }
}

variable "deletion_protection" {
  description = "Refuses to delete the table."
  type        = bool
}

variable "contributor_insights" {
  description = "Turns on CloudWatch Contributor Insights: which keys are read and throttled most."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "Customer managed key; null for the AWS managed one."
  type        = string
  default     = null
}

variable "replica" {
  description = "The other region of a global table, with its own key; null for a table in one region. A global table has a stream of both images, declared or not."
  type = object({
    region      = string
    kms_key_arn = optional(string)
  })
  default = null
}

variable "deny_deletes" {
  description = "Denies everybody to delete items, by whatever call, or the table."
  type        = bool
  default     = false
}

variable "deny_batch_writes" {
  description = "Denies everybody to write items in batches without conditions."
  type        = bool
  default     = false
}

variable "deny_statements" {
  description = "Denies everybody to write items by PartiQL."
  type        = bool
  default     = false
}
