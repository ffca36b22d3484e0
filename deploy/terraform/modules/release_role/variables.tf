variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "repository" {
  description = "Repository on GitHub whose workflows release, as OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be OWNER/NAME as GitHub has it, without a wildcard."
  }
}

variable "environments" {
  description = "Environments on GitHub that a workflow must have entered, each with its approver, to take the role."
  type        = list(string)

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in var.environments : can(regex("^[A-Za-z0-9_-]+$", name))])
    error_message = "environments must name at least one environment on GitHub, with letters, digits, - and _ only: a wildcard would let in environments that nobody approves."
  }
}

variable "regions" {
  description = "Regions that the environment has resources in, us-east-1 included where its alarm of health checks is there."
  type        = list(string)

  validation {
    condition     = length(var.regions) > 0 && alltrue([for region in var.regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "regions must list at least one region of AWS, such as eu-west-1."
  }
}

variable "protected" {
  description = "Denies what can't be taken back: deleting tables, items, objects, keys, backups, images and the trail."
  type        = bool
}

variable "create_replicas" {
  description = "Lets a release add a replica to a table, which AWS allows only to who may read and write its items. On for that one apply."
  type        = bool
  default     = false
}

variable "image_source_account" {
  description = "Account whose repository images are promoted from; null where they are built."
  type        = string
  default     = null

  validation {
    condition     = var.image_source_account == null ? true : can(regex("^[0-9]{12}$", var.image_source_account))
    error_message = "image_source_account must be the 12 digits of an AWS account, or null."
  }
}

variable "image_repository" {
  description = "Name of the repository of images."
  type        = string
  default     = "bbws-orders"
}

variable "control_table_name" {
  description = "Table whose first item a release puts (who writes, at epoch 1); null where there is none."
  type        = string
  default     = null
}

variable "record_names" {
  description = "Names, with * for any beginning, of the DNS records that a release may change."
  type        = list(string)
  default     = ["bbws.io", "*.bbws.io", "kimmyai.io", "*.kimmyai.io"]
}

variable "state_key" {
  description = "Key of the environment's state in its bucket."
  type        = string
  default     = "order-lambda/terraform.tfstate"
}

variable "repository_tag" {
  description = "Value of the tag Repository, which marks what this tree made where names can't."
  type        = string
  default     = "bbws-orders"
}
