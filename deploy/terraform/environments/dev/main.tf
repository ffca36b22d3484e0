locals {
  environment = "dev"
  topology    = yamldecode(file("${path.module}/../../../../src/orders/topology.yaml"))
  tables      = { for table in local.topology.tables : table.key => table }
  people      = coalesce(var.people, ["arn:aws:iam::${var.account}:root"])

  # The zone of a name is the one that it ends in.
  zone_ids    = { for domain in var.domains : domain => data.aws_route53_zone.this[one([for zone in var.zones : zone if endswith(domain, zone)])].zone_id }
  mail_domain = split("@", var.figures.mail.from)[1]
}

data "aws_route53_zone" "this" {
  for_each = toset(var.zones)

  name = each.key
}

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
}

module "region" {
  source = "../../modules/region"

  permissions_boundary_arn = module.release_role.boundary_arn

  environment    = local.environment
  topology       = local.topology
  figures        = var.figures
  network        = var.network
  domains        = var.domains
  zone_ids       = local.zone_ids
  mail_zone_id   = var.figures.mail.domain_verified ? data.aws_route53_zone.this[local.mail_domain].zone_id : null
  table          = var.restored_table
  release        = var.release
  image_digest   = var.image_digest
  sidecar_images = var.sidecar_images
  auth           = var.auth
  callers        = var.callers
  services       = var.services
  people         = local.people
  recipients     = var.recipients

  given = { figures = var.figures, network = var.network, release = var.release, callers = var.callers, services = var.services }
}

module "secrets" {
  source = "../../modules/secrets"
  count  = var.figures.secrets == "environment" ? 0 : 1

  permissions_boundary_arn = module.release_role.boundary_arn

  environment = local.environment
  encryption  = "aws-managed"
  names       = ["cursor-keys"]
  rotated     = false
}

module "dns" {
  source = "../../modules/dns_failover"

  environment = local.environment
  domains     = var.domains
  zone_ids    = local.zone_ids
  primary     = merge(module.region.load_balancer, { domain = null })
  watched     = var.figures.alarms != "none"
  recipients  = [var.recipients.page]
}

# What an account has once.

resource "aws_iam_account_alias" "this" {
  account_alias = var.account_alias
}

module "registry" {
  source = "../../modules/registry"

  encryption      = "aws-managed"
  reader_accounts = var.repository.images_to == null ? [] : [var.repository.images_to.account]
  reader_role     = try(var.repository.images_to.role, null)
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
  encryption     = "aws-managed"

  tells_failures  = var.figures.alarms != "none"
  alert_topic_arn = module.region.topics["alerts"]
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
  encryption              = "aws-managed"
  deletion_protection     = var.table.deletion_protection
  waf                     = var.figures.waf
  page_topic_arn          = module.region.topics["pages"]
  vpc_id                  = module.region.vpc_id
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
  regions              = [var.region, "us-east-1"]
  protected            = var.table.deny_deletes
}

# It was there before this tree.
import {
  to = module.release_role.aws_iam_role.this
  id = "github-2-bbws-order-lambda-dev"
}
