output "identity_name" {
  description = "The verified domain, or the address where only that is verified."
  value       = local.identity
}

output "identity_arn" {
  description = "ARN of the identity, from its name: known in a plan."
  value       = "${local.arn_start}:identity/${local.identity}"
}

output "configuration_set_name" {
  description = "Name of the configuration set; null where there is none."
  value       = var.configuration_set
}

output "configuration_set_arn" {
  description = "Its ARN, from its name: known in a plan; null where there is none."
  value       = var.configuration_set == null ? null : "${local.arn_start}:configuration-set/${var.configuration_set}"
}

output "mail_from_domain" {
  description = "Envelope sender's domain of this region; null where only an address is verified."
  value       = var.domain_verified ? local.mail_from : null
}

output "records" {
  description = "Records of the domain beside those of DKIM: for whoever keeps the zone where write_records is false."
  value       = local.records
}

output "dkim_records" {
  description = "The three CNAME records of DKIM, by name; known once the identity is made."
  value = var.domain_verified ? {
    for token in aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens : "${token}._domainkey.${local.domain}" => "${token}.${local.dkim_domain}"
  } : {}
}
