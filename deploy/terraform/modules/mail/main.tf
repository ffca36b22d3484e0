data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region    = data.aws_region.current.region
  domain    = split("@", var.from_address)[1]
  identity  = var.domain_verified ? local.domain : var.from_address
  feedback  = var.feedback != "none"
  arn_start = "arn:${data.aws_partition.current.partition}:ses:${local.region}:${data.aws_caller_identity.current.account_id}"

  # One for each region: an MX record of one name can't lead to two of them. One for each environment, since their
  # zones may be one.
  mail_from = "mail-${var.environment == "prod" ? "" : "${var.environment}-"}${local.region}.${local.domain}"
}

# Verified by a mail to the address itself (dev), or by the DKIM records of its domain.
resource "aws_sesv2_email_identity" "this" {
  email_identity         = local.identity
  configuration_set_name = one(aws_sesv2_configuration_set.this[*].configuration_set_name)

  dynamic "dkim_signing_attributes" {
    for_each = var.domain_verified ? [true] : []

    content {
      next_signing_key_length = "RSA_2048_BIT"
    }
  }
}

# With a MAIL FROM domain of ours SPF counts for our domain. Mails are refused rather than sent from Amazon's domain if
# its MX record is missing: they would look like somebody else's.
resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  count = var.domain_verified ? 1 : 0

  email_identity         = aws_sesv2_email_identity.this.email_identity
  mail_from_domain       = local.mail_from
  behavior_on_mx_failure = "REJECT_MESSAGE"
}

resource "aws_sesv2_configuration_set" "this" {
  count = var.configuration_set == null ? 0 : 1

  configuration_set_name = var.configuration_set

  delivery_options {
    tls_policy = "REQUIRE"
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  sending_options {
    sending_enabled = true
  }

  # A shop's customer who complained of one shop still gets the mails of another: the service keeps its own list for each.
  suppression_options {
    suppressed_reasons = []
  }
}

# The list that SES keeps for the whole account, in this region: off, for the same reason.
resource "aws_sesv2_account_suppression_attributes" "this" {
  count = var.domain_verified ? 1 : 0

  suppressed_reasons = []
}

resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  count = local.feedback ? 1 : 0

  configuration_set_name = one(aws_sesv2_configuration_set.this[*].configuration_set_name)
  event_destination_name = "feedback"

  event_destination {
    enabled              = true
    matching_event_types = [for event in var.feedback_events : upper(event)]

    sns_destination {
      topic_arn = var.feedback_topic_arn
    }
  }

  lifecycle {
    precondition {
      condition     = var.configuration_set != null
      error_message = "feedback needs a configuration_set: events belong to one."
    }
  }
}
