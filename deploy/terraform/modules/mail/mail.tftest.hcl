# The stand-in or the real provider answers locally; nothing is called.
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
}

provider "aws" {
  alias                       = "primary"
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment          = "prod"
  from_address         = "noreply@shop.example"
  domain_verified      = true
  configuration_set    = "shop-mails-prod"
  feedback             = "sns-and-suppression"
  feedback_topic_arn   = "arn:aws:sns:eu-west-1:123456789012:feedback"
  feedback_events      = ["bounce", "complaint"]
  zone_id              = "Z123"
  write_shared_records = true
  dmarc_recipient      = "dmarc@shop.example"
}

run "a_domain_is_verified_and_signed" {
  command = plan

  assert {
    condition     = aws_sesv2_email_identity.this.email_identity == "shop.example" && one(aws_sesv2_email_identity.this.dkim_signing_attributes).next_signing_key_length == "RSA_2048_BIT"
    error_message = "The domain is verified, with DKIM keys of 2048 bits."
  }
  assert {
    condition     = length(aws_route53_record.dkim) == 3 && alltrue([for each in aws_route53_record.dkim : each.type == "CNAME" && each.zone_id == "Z123"])
    error_message = "Three keys have three records."
  }
  assert {
    condition     = one(aws_sesv2_email_identity_mail_from_attributes.this).mail_from_domain == "mail-eu-west-1.shop.example" && one(aws_sesv2_email_identity_mail_from_attributes.this).behavior_on_mx_failure == "REJECT_MESSAGE"
    error_message = "The MAIL FROM domain is the region's, and no other is used instead."
  }
  assert {
    condition = { for key, each in aws_route53_record.this : key => "${each.name} ${each.type} ${one(each.records)}" } == {
      mx    = "mail-eu-west-1.shop.example MX 10 feedback-smtp.eu-west-1.amazonses.com"
      spf   = "mail-eu-west-1.shop.example TXT v=spf1 include:amazonses.com -all"
      dmarc = "_dmarc.shop.example TXT v=DMARC1; p=quarantine; rua=mailto:dmarc@shop.example"
    }
    error_message = "MX, SPF and DMARC have their records."
  }
  assert {
    condition     = output.identity_name == "shop.example" && output.identity_arn == "arn:aws:ses:eu-west-1:${data.aws_caller_identity.current.account_id}:identity/shop.example" && output.configuration_set_arn == "arn:aws:ses:eu-west-1:${data.aws_caller_identity.current.account_id}:configuration-set/shop-mails-prod"
    error_message = "ARNs are known in a plan."
  }
}

run "what_comes_back_goes_to_the_topic" {
  command = plan

  assert {
    condition     = one(one(aws_sesv2_configuration_set.this).delivery_options).tls_policy == "REQUIRE" && one(one(aws_sesv2_configuration_set.this).reputation_options).reputation_metrics_enabled && one(one(aws_sesv2_configuration_set.this).sending_options).sending_enabled
    error_message = "TLS is required, reputation is measured."
  }
  assert {
    condition     = length(one(one(aws_sesv2_configuration_set.this).suppression_options).suppressed_reasons) == 0 && length(one(aws_sesv2_account_suppression_attributes.this).suppressed_reasons) == 0
    error_message = "SES suppresses no address: the service does, for each shop."
  }
  assert {
    condition     = one(one(aws_sesv2_configuration_set_event_destination.feedback).event_destination).matching_event_types == toset(["BOUNCE", "COMPLAINT"]) && one(one(one(aws_sesv2_configuration_set_event_destination.feedback).event_destination).sns_destination).topic_arn == "arn:aws:sns:eu-west-1:123456789012:feedback"
    error_message = "Bounces and complaints go to the topic."
  }
}

run "the_other_region_shares_the_zone" {
  command   = plan
  providers = { aws = aws.primary }

  variables {
    write_shared_records = false
  }

  assert {
    condition     = toset(keys(aws_route53_record.this)) == toset(["mx", "spf"]) && aws_route53_record.this["mx"].name == "mail-af-south-1.shop.example"
    error_message = "Only records of the region are written, under a name of its own."
  }
  assert {
    condition     = local.dkim_domain == "dkim.af-south-1.amazonses.com"
    error_message = "af-south-1 has a domain of its own for DKIM keys."
  }
}

run "a_domain_that_others_send_with" {
  command = plan

  variables {
    domain_spf = "v=spf1 include:_spf.mail.example ~all"
  }

  assert {
    condition     = aws_route53_record.this["domain_spf"].name == "shop.example"
    error_message = "SPF of the domain itself is written where it is given."
  }
}

run "sit_has_a_name_of_its_own" {
  command = plan

  variables {
    environment = "sit"
    feedback    = "sns"
    zone_id     = null
  }

  assert {
    condition     = output.mail_from_domain == "mail-sit-eu-west-1.shop.example" && output.records.mx.value == "10 feedback-smtp.eu-west-1.amazonses.com"
    error_message = "The environment is part of the name, and whoever keeps the zone is told the records."
  }
  assert {
    condition     = length(aws_route53_record.this) == 0 && length(aws_route53_record.dkim) == 0 && length(aws_sesv2_configuration_set_event_destination.feedback) == 1
    error_message = "No records are written."
  }
}

run "development_has_an_address_and_nothing_else" {
  command = plan

  variables {
    environment        = "dev"
    from_address       = "test@shop.example"
    domain_verified    = false
    configuration_set  = null
    feedback           = "none"
    feedback_topic_arn = null
  }

  assert {
    condition     = aws_sesv2_email_identity.this.email_identity == "test@shop.example" && length(aws_sesv2_email_identity.this.dkim_signing_attributes) == 0 && output.identity_name == "test@shop.example"
    error_message = "The address is verified."
  }
  assert {
    condition     = length(aws_sesv2_configuration_set.this) + length(aws_sesv2_email_identity_mail_from_attributes.this) + length(aws_sesv2_account_suppression_attributes.this) + length(aws_route53_record.this) + length(aws_route53_record.dkim) == 0
    error_message = "There is nothing else."
  }
}

run "records_can_be_left_to_others" {
  command = plan

  variables {
    write_records = false
  }

  assert {
    condition     = length(aws_route53_record.this) == 0 && length(aws_route53_record.dkim) == 0 && output.records.dmarc.type == "TXT"
    error_message = "No records are written into the zone."
  }
}

run "feedback_is_one_of_three" {
  command = plan

  variables {
    feedback = "email"
  }

  expect_failures = [var.feedback]
}

run "feedback_needs_a_configuration_set" {
  command = plan

  variables {
    configuration_set = null
  }

  expect_failures = [aws_sesv2_configuration_set_event_destination.feedback]
}

run "an_event_that_ses_does_not_know_is_refused" {
  command = plan

  variables {
    feedback_events = ["bounced"]
  }

  expect_failures = [var.feedback_events]
}

run "an_address_is_an_address" {
  command = plan

  variables {
    from_address = "shop.example"
  }

  expect_failures = [var.from_address]
}

run "spf_ends_in_all" {
  command = plan

  variables {
    domain_spf = "v=spf1 include:amazonses.com"
  }

  expect_failures = [var.domain_spf]
}

run "dmarc_is_one_of_three" {
  command = plan

  variables {
    dmarc_policy = "strict"
  }

  expect_failures = [var.dmarc_policy]
}

run "reports_go_to_one_address" {
  command = plan

  variables {
    dmarc_recipient = "nobody"
  }

  expect_failures = [var.dmarc_recipient]
}
