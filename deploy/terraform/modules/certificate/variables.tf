variable "domains" {
  description = "Names that the certificate is for: the first is its name, the others are alternative ones."
  type        = list(string)

  validation {
    condition     = length(var.domains) > 0 && length(var.domains) <= 10
    error_message = "domains must be from 1 to 10 names, what ACM takes without being asked for more."
  }

  validation {
    condition     = alltrue([for domain in var.domains : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", domain))])
    error_message = "domains must be host names in lower case, such as api.shop.example or *.shop.example."
  }

  validation {
    condition     = length(distinct(var.domains)) == length(var.domains)
    error_message = "domains must name each domain once."
  }
}

variable "zone_ids" {
  description = "Route 53 zone that each domain's validation record stands in, by domain."
  type        = map(string)
}

variable "records_elsewhere" {
  description = "Domains whose validation record a certificate of the same account in another region makes."
  type        = set(string)
  default     = []
}
