locals {
  # A name and its wildcard are validated by one and the same record.
  record_domains = toset([
    for domain in var.domains : trimprefix(domain, "*.")
    if !contains(var.records_elsewhere, domain) && !contains(var.records_elsewhere, trimprefix(domain, "*."))
  ])
  options = {
    for option in aws_acm_certificate.this.domain_validation_options : trimprefix(option.domain_name, "*.") => option...
  }
}

resource "aws_acm_certificate" "this" {
  domain_name               = var.domains[0]
  subject_alternative_names = slice(var.domains, 1, length(var.domains))
  validation_method         = "DNS"
  key_algorithm             = "RSA_2048"

  options {
    # Browsers and clients that check the logs refuse a certificate that is in none.
    certificate_transparency_logging_preference = "ENABLED"
  }

  # Listeners go over to the new one before the old one goes.
  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(setsubtract(local.record_domains, keys(var.zone_ids))) == 0
      error_message = "zone_ids must have the zone of each domain; it lacks: ${join(", ", setsubtract(local.record_domains, keys(var.zone_ids)))}."
    }
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.record_domains

  zone_id = try(var.zone_ids[each.key], null)
  name    = local.options[each.key][0].resource_record_name
  type    = local.options[each.key][0].resource_record_type
  records = [local.options[each.key][0].resource_record_value]
  ttl     = 300
  # ACM gives an account the same record for a name again and again: one that an earlier certificate left is the same.
  allow_overwrite = true
}

# Nothing is made; it waits until the certificate is issued.
resource "aws_acm_certificate_validation" "this" {
  certificate_arn = aws_acm_certificate.this.arn

  depends_on = [aws_route53_record.validation]

  timeouts {
    create = "45m"
  }
}
