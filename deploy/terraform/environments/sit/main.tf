locals {
  environment = "sit"
  topology    = yamldecode(file("${path.module}/../../../../src/orders/topology.yaml"))
}

module "table" {
  source = "../../modules/table"

  environment          = local.environment
  declaration          = local.topology.table
  indexes              = local.topology.indexes
  attribute_lists      = local.topology.attribute_lists
  pitr_days            = var.table.pitr_days
  deletion_protection  = var.table.deletion_protection
  contributor_insights = var.table.contributor_insights
}

module "region" {
  source = "../../modules/region"

  environment                = local.environment
  topology                   = local.topology
  queue_retention_days       = var.queue_retention_days
  dead_letter_retention_days = var.dead_letter_retention_days
  archive_days               = var.archive_days
  buckets                    = var.buckets
}
