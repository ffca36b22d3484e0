locals {
  environment = "prod"
  topology    = yamldecode(file("${path.module}/../../../../src/orders/topology.yaml"))
}

module "keys" {
  source = "../../modules/keys"

  environment = local.environment
  names       = ["table", "buckets"]
}

module "failover_keys" {
  source    = "../../modules/keys"
  providers = { aws = aws.failover }

  environment = local.environment
  names       = ["table", "buckets"]
}

# One table in two regions: it exists once.
module "table" {
  source = "../../modules/table"

  environment          = local.environment
  declaration          = local.topology.table
  indexes              = local.topology.indexes
  attribute_lists      = local.topology.attribute_lists
  pitr_days            = var.table.pitr_days
  deletion_protection  = var.table.deletion_protection
  contributor_insights = var.table.contributor_insights
  kms_key_arn          = module.keys.arns["table"]
  replica              = { region = var.failover_region, kms_key_arn = module.failover_keys.arns["table"] }
}

module "region" {
  source = "../../modules/region"

  environment                = local.environment
  topology                   = local.topology
  queue_retention_days       = var.queue_retention_days
  dead_letter_retention_days = var.dead_letter_retention_days
  archive_days               = var.archive_days
  buckets                    = merge(var.buckets, { kms_key_arn = module.keys.arns["buckets"] })
}

module "failover" {
  source    = "../../modules/region"
  providers = { aws = aws.failover }

  environment                = local.environment
  topology                   = local.topology
  queue_retention_days       = var.queue_retention_days
  dead_letter_retention_days = var.dead_letter_retention_days
  archive_days               = var.archive_days
  buckets                    = merge(var.buckets, { kms_key_arn = module.failover_keys.arns["buckets"], suffix = "-dr" })
}

module "replication" {
  source   = "../../modules/replication"
  for_each = toset([for bucket in local.topology.buckets : bucket.key])

  region             = var.region
  source_bucket      = merge(module.region.buckets[each.key], { kms_key_arn = module.keys.arns["buckets"] })
  destination_bucket = { arn = module.failover.buckets[each.key].arn, kms_key_arn = module.failover_keys.arns["buckets"] }
}

module "replication_back" {
  source    = "../../modules/replication"
  for_each  = toset([for bucket in local.topology.buckets : bucket.key])
  providers = { aws = aws.failover }

  region             = var.failover_region
  source_bucket      = merge(module.failover.buckets[each.key], { kms_key_arn = module.failover_keys.arns["buckets"] })
  destination_bucket = { arn = module.region.buckets[each.key].arn, kms_key_arn = module.keys.arns["buckets"] }
}
