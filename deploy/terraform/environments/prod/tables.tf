# Tables exist once, in both regions.

module "table" {
  source = "../../modules/table"

  environment          = local.environment
  declaration          = local.tables["orders"]
  restored             = var.restored_table
  attribute_lists      = local.topology.attribute_lists
  pitr_days            = var.table.pitr_days
  deletion_protection  = var.table.deletion_protection
  contributor_insights = var.table.contributor_insights
  deny_deletes         = var.table.deny_deletes
  deny_batch_writes    = var.table.deny_batch_writes
  kms_key_arn          = module.keys.arns["table"]
  replica              = { region = var.failover_region, kms_key_arn = module.failover_keys.arns["table"] }
}

# What has been erased, kept apart from the orders: a restored table is erased anew by it.
module "erasure_ledger" {
  source = "../../modules/table"

  environment         = local.environment
  declaration         = local.tables["erasure_ledger"]
  pitr_days           = var.table.pitr_days
  deletion_protection = var.table.deletion_protection
  deny_deletes        = var.table.deny_deletes
  deny_batch_writes   = var.table.deny_batch_writes
  deny_statements     = var.table.deny_batch_writes
  kms_key_arn         = module.keys.arns["table"]
  replica             = { region = var.failover_region, kms_key_arn = module.failover_keys.arns["table"] }
}

# Which region writes. It lies in Europe alone: af-south-1 is in no set of regions that DynamoDB keeps consistent.
module "control_table" {
  source    = "../../modules/control_table"
  providers = { aws = aws.failover }

  environment         = local.environment
  declaration         = local.tables["control"]
  first_writer        = var.region
  switching_roles     = "bbws-orders-${local.environment}-region-switch-*"
  pitr_days           = var.table.pitr_days
  deletion_protection = var.table.deletion_protection
}

module "backup" {
  source = "../../modules/backup"

  permissions_boundary_arn = module.release_role.boundary_arn

  environment    = local.environment
  table_arn      = module.table.arn
  table_name     = module.table.name
  frequency      = var.table.backups
  retention_days = var.table.backup_retention_days
  vault_lock     = var.table.deletion_protection
  encryption     = "customer-managed"
  kms_key_arn    = module.keys.arns["backups"]

  tells_failures  = var.figures.alarms != "none"
  alert_topic_arn = module.region.topics["alerts"]

  copy       = true
  copy_vault = { arn = module.failover_backup.vault_arn, retention_days = var.table.backup_retention_days }
}

module "failover_backup" {
  source    = "../../modules/backup"
  providers = { aws = aws.failover }

  permissions_boundary_arn = module.release_role.boundary_arn

  environment    = local.environment
  scheduled      = false
  table_name     = module.table.name
  frequency      = var.table.backups
  retention_days = var.table.backup_retention_days
  vault_lock     = var.table.deletion_protection
  encryption     = "customer-managed"
  kms_key_arn    = module.failover_keys.arns["backups"]
}
