# Where requests come in, and what is between them and the tasks.

module "network" {
  source = "../network"

  permissions_boundary_arn = var.permissions_boundary_arn

  environment      = var.environment
  vpc_name         = var.network.vpc_name
  name_prefix      = var.network.name_prefix
  cidr             = var.network.cidr
  zones            = var.network.zones
  public_subnets   = var.network.public_subnets
  private_subnets  = var.network.private_subnets
  nat_gateways     = var.network.nat_gateways
  endpoints        = var.network.endpoints
  absent_endpoints = var.network.absent_endpoints
  flow_log_days    = var.figures.logs.retention_days
  encrypted_logs   = local.managed
  kms_key_arn      = local.managed ? var.keys.arns["logs"] : null
}

module "certificate" {
  source = "../certificate"

  domains           = var.domains
  zone_ids          = var.zone_ids
  records_elsewhere = var.records_elsewhere
}

module "load_balancer" {
  source = "../load_balancer"

  environment          = var.environment
  name                 = "bbws-orders"
  vpc_id               = module.network.vpc_id
  vpc_cidr             = module.network.cidr
  subnet_ids           = module.network.public_subnet_ids
  certificate_arn      = module.certificate.arn
  tls_policy           = var.figures.tls_policy
  deletion_protection  = var.figures.buckets.deletion_protection
  access_logs          = var.figures.buckets.access_logs
  stop_timeout_seconds = var.figures.stop_timeout_seconds
  # The load balancer is on the internet: who asks it from inside the VPC arrives from a NAT gateway's address.
  test_cidrs = concat([module.network.cidr], [for address in module.network.nat_ips : "${address}/32"])
}

module "waf" {
  source = "../waf"
  count  = var.figures.waf ? 1 : 0

  environment                = var.environment
  load_balancer_arn          = module.load_balancer.arn
  rate_per_client_per_minute = var.figures.waf_rules.rate_per_client_per_minute
  total_per_minute           = var.figures.waf_rules.total_per_minute
  blocked_countries          = var.figures.waf_rules.blocked_countries
  operator_cidrs             = var.figures.operator_ips
  log_days                   = var.figures.logs.retention_days
  kms_key_arn                = local.managed ? var.keys.arns["logs"] : null
}
