locals {
  write_records = var.write_records == null ? var.zone_id != null : var.write_records

  # https://docs.aws.amazon.com/general/latest/gr/ses.html: not every region has the common domain of DKIM keys.
  own_dkim_domain = ["af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1", "eu-central-2", "eu-south-1", "il-central-1", "me-central-1", "us-gov-east-1"]
  dkim_domain     = contains(local.own_dkim_domain, local.region) ? "dkim.${local.region}.amazonses.com" : "dkim.amazonses.com"

  # Of this region.
  mail_from_records = {
    mx  = { name = local.mail_from, type = "MX", value = "10 feedback-smtp.${local.region}.amazonses.com" }
    spf = { name = local.mail_from, type = "TXT", value = "v=spf1 include:amazonses.com -all" }
  }

  # Of the domain, once.
  shared_records = merge(
    {
      dmarc = {
        name = "_dmarc.${local.domain}"
        type = "TXT"
        value = join("; ", concat(
          ["v=DMARC1", "p=${var.dmarc_policy}"],
          var.dmarc_recipient == null ? [] : ["rua=mailto:${var.dmarc_recipient}"],
        ))
      }
    },
    var.domain_spf == null ? {} : { domain_spf = { name = local.domain, type = "TXT", value = var.domain_spf } },
  )

  records = var.domain_verified ? merge(local.mail_from_records, var.write_shared_records ? local.shared_records : {}) : {}
}

# SES makes three keys. Their tokens come with the identity; their number is known before.
resource "aws_route53_record" "dkim" {
  count = var.domain_verified && local.write_records ? 3 : 0

  zone_id = var.zone_id
  name    = "${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[count.index]}._domainkey.${local.domain}"
  type    = "CNAME"
  ttl     = 1800
  records = ["${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[count.index]}.${local.dkim_domain}"]
}

resource "aws_route53_record" "this" {
  for_each = local.write_records ? local.records : {}

  zone_id = var.zone_id
  name    = each.value.name
  type    = each.value.type
  ttl     = 1800
  records = [each.value.value]
}
