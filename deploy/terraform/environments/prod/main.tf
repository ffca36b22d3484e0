locals {
  environment = "prod"
  topology    = yamldecode(file("${path.module}/../../../../src/orders/topology.yaml"))
  tables      = { for table in local.topology.tables : table.key => table }
  people      = coalesce(var.people, ["arn:aws:iam::${var.account}:root"])

  names = concat(var.domains, values(var.regional_domains))
  # The zone of a name is the one that it ends in.
  zone_ids    = { for domain in local.names : domain => data.aws_route53_zone.this[one([for zone in var.zones : zone if endswith(domain, zone)])].zone_id }
  mail_domain = split("@", var.figures.mail.from)[1]
  key_names   = ["table", "buckets", "secrets", "logs", "topics", "audit", "backups"]
}

data "aws_route53_zone" "this" {
  for_each = toset(var.zones)

  name = each.key
}

module "keys" {
  source = "../../modules/keys"

  environment = local.environment
  names       = local.key_names
}

module "failover_keys" {
  source    = "../../modules/keys"
  providers = { aws = aws.failover }

  environment = local.environment
  names       = local.key_names
}
