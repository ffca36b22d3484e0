# The stand-in or the real provider says which records validate a certificate; nothing is called.
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

variables {
  domains  = ["api.shop.example", "api.store.example", "api-primary.shop.example"]
  zone_ids = { "api.shop.example" = "Z1", "api.store.example" = "Z2", "api-primary.shop.example" = "Z1" }
}

run "each_name_is_validated_in_its_zone" {
  command = plan

  assert {
    condition     = aws_acm_certificate.this.domain_name == "api.shop.example" && aws_acm_certificate.this.subject_alternative_names == toset(["api.store.example", "api-primary.shop.example"])
    error_message = "The first name is the certificate's; the others are alternative ones."
  }
  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS" && aws_acm_certificate.this.options[0].certificate_transparency_logging_preference == "ENABLED"
    error_message = "The certificate is validated by DNS, and logged."
  }
  assert {
    condition     = tomap({ for domain, record in aws_route53_record.validation : domain => record.zone_id }) == var.zone_ids && alltrue([for record in aws_route53_record.validation : record.allow_overwrite])
    error_message = "Each name has its record, in its zone."
  }
}

run "a_wildcard_shares_the_record_of_its_name" {
  command = plan

  variables {
    domains  = ["shop.example", "*.shop.example"]
    zone_ids = { "shop.example" = "Z1" }
  }

  assert {
    condition     = keys(aws_route53_record.validation) == ["shop.example"]
    error_message = "There is one record."
  }
}

run "records_of_another_region_are_not_made_twice" {
  command = plan

  variables {
    domains           = ["api.shop.example", "api-dr.shop.example"]
    zone_ids          = { "api-dr.shop.example" = "Z1" }
    records_elsewhere = ["api.shop.example"]
  }

  assert {
    condition     = keys(aws_route53_record.validation) == ["api-dr.shop.example"]
    error_message = "Only the region's own name gets a record."
  }
}

run "each_name_has_a_zone" {
  command = plan

  variables {
    zone_ids = { "api.shop.example" = "Z1" }
  }

  expect_failures = [aws_acm_certificate.this]
}

run "names_are_host_names" {
  command = plan

  variables {
    domains = ["https://api.shop.example"]
  }

  expect_failures = [var.domains]
}

run "names_are_given_once" {
  command = plan

  variables {
    domains = ["api.shop.example", "api.shop.example"]
  }

  expect_failures = [var.domains]
}

run "there_is_a_name" {
  command = plan

  variables {
    domains = []
  }

  expect_failures = [var.domains]
}
