variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "buckets" {
  description = "The buckets as topology.yaml declares them: a key (orders for documents, templates) and a name."
  type        = list(object({ key = string, name = string }))

  validation {
    condition     = toset([for bucket in var.buckets : bucket.key]) == toset(["orders", "templates"])
    error_message = "There are two buckets, with the keys orders and templates."
  }
}

variable "suffix" {
  description = "What the failover region's names end in, such as -dr; bucket names are unique in the world."
  type        = string
  default     = ""
}

variable "versioning" {
  description = "Keeps earlier versions of objects."
  type        = bool
}

variable "document_days" {
  description = "Days after which any document is removed; null where it is kept until retain_years after its order's end. What was removed or replaced stays for earlier_document_days more."
  type        = number
  default     = null

  validation {
    condition     = var.document_days == null ? true : var.document_days >= 1 && floor(var.document_days) == var.document_days
    error_message = "document_days must be a whole number of days, at least 1."
  }
}

variable "retain_years" {
  description = "Years after an order's end when its documents are removed; null where document_days removes them."
  type        = number
  default     = null

  validation {
    condition     = var.retain_years == null ? true : var.retain_years >= 6 && floor(var.retain_years) == var.retain_years
    error_message = "retain_years must be a whole number of years, at least 6: the days of what is rendered later end at 2,048."
  }
}

# As long again as the document itself would be twice as long as is promised.
variable "earlier_document_days" {
  description = "Days that a document which was removed or replaced can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.earlier_document_days >= 1 && floor(var.earlier_document_days) == var.earlier_document_days
    error_message = "earlier_document_days must be a whole number of days, at least 1."
  }
}

variable "archive_after_days" {
  description = "Days after which documents move to Glacier Instant Retrieval; null for never."
  type        = number
  default     = null
}

variable "intelligent_tiering" {
  description = "Moves documents of 128 KB and more to S3 Intelligent-Tiering until they are archived; S3 does so with none that is smaller."
  type        = bool
  default     = false
}

variable "tiered_after_days" {
  description = "Days after which large documents move to S3 Intelligent-Tiering."
  type        = number
  default     = 1

  validation {
    condition     = var.tiered_after_days >= 1 && floor(var.tiered_after_days) == var.tiered_after_days
    error_message = "tiered_after_days must be a whole number of days, at least 1."
  }
}

variable "earlier_version_days" {
  description = "Days that earlier versions of templates are kept."
  type        = number
  default     = 90
}

variable "encryption" {
  description = "SSE-S3, or SSE-KMS by kms_key_arn: said here because the key is not known before it is made."
  type        = string

  validation {
    condition     = contains(["SSE-S3", "SSE-KMS"], var.encryption)
    error_message = "encryption must be SSE-S3 or SSE-KMS."
  }
}

variable "kms_key_arn" {
  description = "Key of SSE-KMS."
  type        = string
  default     = null
}

variable "access_logs" {
  description = "Logs requests to a bucket beside these."
  type        = bool
}

variable "access_log_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Refuses to remove buckets that hold objects; without it a destroy empties them."
  type        = bool
}

variable "deny_deletes" {
  description = "Denies everybody to delete objects and their versions, but for erasing_roles those of documents."
  type        = bool
  default     = false
}

variable "erasing_roles" {
  description = "Names of the roles that remove versions of documents, when personal data is erased: one in each region."
  type        = list(string)
  default     = []
}
