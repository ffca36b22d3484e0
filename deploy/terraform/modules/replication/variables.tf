variable "region" {
  description = "Region of the source: the role's name ends in it, for roles are known in the whole account."
  type        = string
}

variable "source_bucket" {
  description = "Bucket whose objects are copied, versioned, with the key that they are encrypted by."
  type        = object({ name = string, arn = string, kms_key_arn = string })
}

variable "destination_bucket" {
  description = "Bucket in the other region, versioned, with the key that copies are encrypted by."
  type        = object({ arn = string, kms_key_arn = string })
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
