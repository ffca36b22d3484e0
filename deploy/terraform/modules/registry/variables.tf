variable "name" {
  description = "Name of the repository, the same in every account: each has one of its own."
  type        = string
  default     = "bbws-orders"
}

variable "keep_images" {
  description = "How many images stay that are no release: the newest."
  type        = number
  default     = 50

  validation {
    condition     = var.keep_images >= 10 && floor(var.keep_images) == var.keep_images
    error_message = "keep_images must be a whole number of at least 10, so that what runs and what it may be rolled back to stays."
  }
}

variable "release_prefixes" {
  description = "What the tags of releases begin with: such images are never removed."
  type        = list(string)
  default     = ["v", "release-"]

  validation {
    condition     = length(var.release_prefixes) > 0
    error_message = "release_prefixes must name at least one beginning of a tag: without one, releases would be removed like any image."
  }
}

variable "encryption" {
  description = "aws-managed, or customer-managed by kms_key_arn: said here because the key is not known before it is made."
  type        = string

  validation {
    condition     = contains(["aws-managed", "customer-managed"], var.encryption)
    error_message = "encryption must be aws-managed or customer-managed."
  }
}

variable "kms_key_arn" {
  description = "Key of the images' encryption when it is customer-managed. An existing repository's key can't be changed."
  type        = string
  default     = null
}

variable "replicate_to" {
  description = "Regions of the same account that images are copied to. The registry of a region has one such setting for all its repositories."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for region in var.replicate_to : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "replicate_to must list regions, such as eu-west-1."
  }
}

variable "reader_accounts" {
  description = "Accounts whose release roles may pull: an image is built once and promoted by its digest."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for account in var.reader_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "reader_accounts must list AWS accounts, 12 digits each."
  }
}

variable "reader_role" {
  description = "Name of the role that pulls in those accounts, a pattern with * for the environment."
  type        = string
  default     = "github-2-bbws-order-lambda-*"
  nullable    = false
}
