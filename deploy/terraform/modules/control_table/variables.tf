variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "declaration" {
  description = "The table as topology.yaml declares it: name, key, its two regions (the provider's first), the witness, and its consistency."
  type = object({
    name          = string
    partition_key = string
    regions       = list(string)
    witness       = string
    consistency   = string
  })

  validation {
    condition     = var.declaration.consistency == "STRONG"
    error_message = "consistency must be STRONG: which region may write is decided here, and both must see the same."
  }

  validation {
    condition     = length(var.declaration.regions) == 2 && length(distinct(concat(var.declaration.regions, [var.declaration.witness]))) == 3
    error_message = "regions must be two different ones, and witness a third: strong consistency needs three."
  }

  validation {
    condition = anytrue([
      for set in [
        ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"],
        ["us-east-1", "us-east-2", "us-west-2"],
        ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
      ] : length(setsubtract(concat(var.declaration.regions, [var.declaration.witness]), set)) == 0
    ])
    error_message = "regions and witness must be of one set that DynamoDB offers strong consistency in: eu-central-1, eu-west-1, eu-west-2 and eu-west-3; or us-east-1, us-east-2 and us-west-2; or ap-northeast-1, -2 and -3."
  }
}

variable "first_writer" {
  description = "The region that may write before anything else was decided: the environment's primary one."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.first_writer))
    error_message = "first_writer must be a region, such as af-south-1."
  }
}

variable "item_key" {
  description = "Partition key of the one item."
  type        = string
  default     = "WRITER"
}

variable "created_at" {
  description = "Time written into the item: a fixed one, so that plans don't differ."
  type        = string
  default     = "2026-01-01T00:00:00.000Z"

  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$", var.created_at)) && can(formatdate("YYYY", var.created_at))
    error_message = "created_at must be a time in UTC with milliseconds, such as 2026-01-01T00:00:00.000Z."
  }
}

variable "deletion_protection" {
  description = "Refuses to delete the table, in both regions."
  type        = bool
}

variable "pitr_days" {
  description = "Days that point-in-time recovery reaches back (AWS allows 1 to 35)."
  type        = number

  validation {
    condition     = var.pitr_days >= 1 && var.pitr_days <= 35 && floor(var.pitr_days) == var.pitr_days
    error_message = "pitr_days must be a whole number from 1 to 35, the bounds of point-in-time recovery."
  }
}

variable "switching_roles" {
  description = "Name of the roles that change who writes, with * for their region; see the module roles."
  type        = string

  validation {
    condition     = can(regex("^bbws-[a-z0-9-]+-[*]?$", var.switching_roles))
    error_message = "switching_roles must be a name that begins with bbws- and has * at its end only, such as bbws-orders-prod-region-switch-*."
  }
}
