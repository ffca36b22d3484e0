variable "region" {
  description = "Region of the source: the role's name ends in it, for roles are known in the whole account."
  type        = string
}

variable "source_bucket" {
  description = "Bucket whose objects are copied, versioned."
  type        = object({ name = string })
}

variable "destination_bucket" {
  description = "Bucket in the other region, versioned, with the key that copies are encrypted by."
  type        = object({ name = string, arn = string, kms_key_arn = string })
}

variable "kms_key_alias" {
  description = "Alias of the keys that both buckets are encrypted by, each of its own region."
  type        = string
}

variable "minutes" {
  description = "Minutes within which an object is copied: S3 Replication Time Control knows 15 only."
  type        = number
  default     = 15

  validation {
    condition     = var.minutes == 15
    error_message = "minutes must be 15: S3 Replication Time Control knows no other."
  }
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
