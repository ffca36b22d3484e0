# What the account has once, and what of it each region has.

resource "aws_iam_account_alias" "this" {
  account_alias = var.account_alias
}

# A cursor that one region has made must open in the other: one key, renewed in the first region.
module "secrets" {
  source = "../../modules/secrets"

  permissions_boundary_arn = module.release_role.boundary_arn

  environment         = local.environment
  encryption          = "customer-managed"
  kms_key_arn         = module.keys.arns["secrets"]
  names               = ["cursor-keys", "api-keys"]
  replica_region      = var.failover_region
  replica_kms_key_arn = module.failover_keys.arns["secrets"]
  rotated             = true
  rotation            = module.region.rotation
  alert_topic_arn     = module.region.topics["alerts"]
}

module "registry" {
  source = "../../modules/registry"

  encryption   = "aws-managed"
  replicate_to = [module.failover_registry.region]
}

# Where the copies arrive, so before anything is copied: a repository that the replication made itself would scan nothing
# and take any tag anew.
module "failover_registry" {
  source    = "../../modules/registry"
  providers = { aws = aws.failover }

  encryption = "aws-managed"
}

module "audit" {
  source = "../../modules/audit"

  permissions_boundary_arn = module.release_role.boundary_arn

  environment             = local.environment
  cloudtrail              = var.account_rules.cloudtrail
  guardduty               = var.account_rules.guardduty
  config                  = var.account_rules.config
  mfa                     = var.account_rules.mfa
  password_length         = var.account_rules.password_length
  access_key_max_age_days = var.account_rules.access_key_max_age_days
  log_days                = var.figures.logs.audit_days
  encryption              = "customer-managed"
  kms_key_arn             = module.keys.arns["audit"]
  deletion_protection     = var.table.deletion_protection
  waf                     = var.figures.waf
  page_topic_arn          = module.region.topics["pages"]
  vpc_id                  = module.region.vpc_id

  # A multi-region trail looks at the copies too: who reads orders may read them in either region.
  data_event_table_arns = flatten([
    for arn in [module.table.arn, module.erasure_ledger.arn] : [arn, replace(arn, ":${var.region}:", ":${var.failover_region}:")]
  ])
  data_event_bucket_arns = [module.region.buckets["orders"].arn, module.failover.buckets["orders"].arn]
}

# Detection and rules are of a region; trail, passwords and keys' age are the account's.
module "failover_audit" {
  source    = "../../modules/audit"
  providers = { aws = aws.failover }

  permissions_boundary_arn = module.release_role.boundary_arn

  environment  = local.environment
  account_wide = false
  suffix       = "-dr"
  # The service's own role is the account's: the first region makes it.
  config_role_arn         = module.audit.config_role_arn
  cloudtrail              = "off"
  guardduty               = var.account_rules.guardduty
  config                  = var.account_rules.config
  mfa                     = var.account_rules.mfa
  password_length         = var.account_rules.password_length
  access_key_max_age_days = var.account_rules.access_key_max_age_days
  log_days                = var.figures.logs.audit_days
  encryption              = "customer-managed"
  kms_key_arn             = module.failover_keys.arns["audit"]
  deletion_protection     = var.table.deletion_protection
  waf                     = var.figures.waf
  page_topic_arn          = module.failover.topics["pages"]
  vpc_id                  = module.failover.vpc_id
}

module "budget" {
  source = "../../modules/budget"

  environment     = local.environment
  limit_usd_month = var.budget.usd_month
  alert_fraction  = var.budget.alert_fraction
  recipients      = [var.recipients.ticket]

  report                   = { repository = var.repository.name, environment = "${local.environment}-report" }
  permissions_boundary_arn = module.release_role.boundary_arn
}

module "release_role" {
  source = "../../modules/release_role"

  environment          = local.environment
  repository           = var.repository.name
  environments         = var.repository.environments
  image_source_account = var.repository.images_from
  regions              = concat([var.region, var.failover_region, "us-east-1"], local.tables["control"].regions)
  control_table_name   = module.control_table.name
  protected            = var.table.deny_deletes
}

# It was there before this tree.
import {
  to = module.release_role.aws_iam_role.this
  id = "github-2-bbws-order-lambda-prod"
}
