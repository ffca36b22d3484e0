variable "environment" {
  description = "Environment, part of the names of MAIL FROM domains outside production."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "from_address" {
  description = "Address that mails are sent from, such as noreply@kimmyai.io; its domain is verified where domain_verified is true."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9._+-]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.from_address))
    error_message = "from_address must be a mail address in small letters, such as noreply@shop.example."
  }
}

variable "domain_verified" {
  description = "Verifies the whole domain, with DKIM and a MAIL FROM domain; false verifies the address alone, by a mail to it."
  type        = bool
}

variable "configuration_set" {
  description = "Full name of the configuration set, such as bbws-emails-prod; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.configuration_set == null ? true : can(regex("^[A-Za-z0-9_-]{1,64}$", var.configuration_set))
    error_message = "configuration_set must have 1 to 64 letters, digits, - or _; null for none."
  }
}

variable "feedback" {
  description = "What becomes of bounces and complaints: none, sns (told to a topic), or sns-and-suppression (and the service suppresses the address for that shop)."
  type        = string

  validation {
    condition     = contains(["none", "sns", "sns-and-suppression"], var.feedback)
    error_message = "feedback must be none, sns or sns-and-suppression."
  }
}

variable "feedback_topic_arn" {
  description = "Topic that is told of them, where feedback is not none."
  type        = string
  default     = null
}

variable "feedback_events" {
  description = "Events that the topic is told of, as topology.yaml names them."
  type        = list(string)
  default     = ["bounce", "complaint"]

  validation {
    condition     = length(var.feedback_events) > 0 && alltrue([for event in var.feedback_events : contains(["bounce", "complaint", "delivery", "delivery_delay", "reject", "send"], event)])
    error_message = "feedback_events must name at least one of bounce, complaint, delivery, delivery_delay, reject and send."
  }
}

variable "write_records" {
  description = "Writes the domain's records into zone_id; false where another party keeps the zone: the output records has them. Null means where zone_id is given, which a plan must know then."
  type        = bool
  default     = null
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain's records, where write_records is true."
  type        = string
  default     = null
}

variable "write_shared_records" {
  description = "Writes the records that the domain has once, whatever the number of regions: true in one region of an environment."
  type        = bool
  default     = false
}

variable "dmarc_policy" {
  description = "What receivers do with mails that pass neither SPF nor DKIM for the domain: none, quarantine or reject."
  type        = string
  default     = "quarantine"

  validation {
    condition     = contains(["none", "quarantine", "reject"], var.dmarc_policy)
    error_message = "dmarc_policy must be none, quarantine or reject."
  }
}

variable "dmarc_recipient" {
  description = "Address that receivers send their daily DMARC reports to; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.dmarc_recipient == null ? true : can(regex("^[^@ ,;]+@[^@ ,;]+$", var.dmarc_recipient))
    error_message = "dmarc_recipient must be one mail address; null for none."
  }
}

variable "domain_spf" {
  description = "SPF text for the domain itself, with everyone who sends with it as envelope sender, such as \"v=spf1 include:_spf.google.com -all\"; null leaves the domain's TXT record alone."
  type        = string
  default     = null

  validation {
    condition     = var.domain_spf == null ? true : can(regex("^v=spf1 .*[-~]all$", var.domain_spf))
    error_message = "domain_spf must begin with v=spf1 and end in -all or ~all; null to leave the domain's TXT record alone."
  }
}
