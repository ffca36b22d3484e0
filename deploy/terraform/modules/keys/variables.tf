variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "names" {
  description = "What there is a key for, such as table and documents: one each, so that a grant is for one kind of data."
  type        = set(string)
}

variable "deletion_window_days" {
  description = "Days between a key's deletion being asked for and done: until then it can be called off."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must be from 7 to 30, the bounds of KMS."
  }
}
