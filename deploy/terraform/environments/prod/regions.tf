# One region's stack, twice.

module "region" {
  source = "../../modules/region"

  permissions_boundary_arn = module.release_role.boundary_arn

  environment    = local.environment
  topology       = local.topology
  figures        = merge(var.figures, { operator_ips = var.operator_ips })
  network        = var.network
  domains        = concat(var.domains, [var.regional_domains.primary])
  zone_ids       = local.zone_ids
  mail_zone_id   = data.aws_route53_zone.this[local.mail_domain].zone_id
  keys           = { arns = module.keys.arns, aliases = module.keys.aliases }
  table          = var.restored_table
  replica_region = var.failover_region
  release        = var.release
  image_digest   = var.image_digest
  sidecar_images = var.sidecar_images
  auth           = var.auth
  callers        = var.callers
  services       = var.services
  people         = local.people
  drill          = { repository = var.repository.name, environments = var.repository.drills }
  recipients     = var.recipients

  given = { figures = var.figures, network = var.network, release = var.release, callers = var.callers, services = var.services }
}

module "failover" {
  source    = "../../modules/region"
  providers = { aws = aws.failover }

  permissions_boundary_arn = module.release_role.boundary_arn

  environment = local.environment
  topology    = local.topology
  # Dashboards belong to the account: the first region's would be overwritten.
  figures  = merge(var.figures, { operator_ips = var.operator_ips, dashboards = [] })
  network  = var.failover_network
  domains  = concat(var.domains, [var.regional_domains.failover])
  zone_ids = local.zone_ids
  # A name has one validation record, whichever region's certificate asks for it.
  records_elsewhere          = var.domains
  mail_zone_id               = data.aws_route53_zone.this[local.mail_domain].zone_id
  writes_shared_mail_records = false
  keys                       = { arns = module.failover_keys.arns, aliases = module.failover_keys.aliases }
  suffix                     = "-dr"
  table                      = var.restored_table
  replica_region             = var.region
  # It serves no changes: requests move at once.
  release        = { strategy = var.failover_release, bake_minutes = var.release.bake_minutes, abort_after_minutes = var.release.abort_after_minutes }
  image_digest   = var.image_digest
  sidecar_images = var.sidecar_images
  auth           = var.auth
  callers        = var.callers
  services       = var.services
  people         = local.people
  recipients     = var.recipients

  # What both regions share is looked at by the first one.
  given = { network = var.failover_network }
}

module "replication" {
  source   = "../../modules/replication"
  for_each = toset([for bucket in local.topology.buckets : bucket.key])

  permissions_boundary_arn = module.release_role.boundary_arn

  region             = var.region
  source_bucket      = module.region.buckets[each.key]
  destination_bucket = merge(module.failover.buckets[each.key], { kms_key_arn = module.failover_keys.arns["buckets"] })
  kms_key_alias      = module.keys.aliases["buckets"]
}

module "replication_back" {
  source    = "../../modules/replication"
  for_each  = toset([for bucket in local.topology.buckets : bucket.key])
  providers = { aws = aws.failover }

  permissions_boundary_arn = module.release_role.boundary_arn

  region             = var.failover_region
  source_bucket      = module.failover.buckets[each.key]
  destination_bucket = merge(module.region.buckets[each.key], { kms_key_arn = module.keys.arns["buckets"] })
  kms_key_alias      = module.keys.aliases["buckets"]
}

module "dns" {
  source = "../../modules/dns_failover"

  environment       = local.environment
  domains           = var.domains
  zone_ids          = local.zone_ids
  primary           = merge(module.region.load_balancer, { domain = var.regional_domains.primary })
  failover          = merge(module.failover.load_balancer, { domain = var.regional_domains.failover })
  health_path       = var.failover.health_path
  interval_seconds  = var.failover.interval_seconds
  failure_threshold = var.failover.failure_threshold
  recipients        = [var.recipients.page]
}
