locals {
  # Whether there is a second region must be known at plan; what its load balancer is called need not.
  two_regions = var.failover != null
  regions     = merge({ primary = var.primary }, local.two_regions ? { failover = var.failover } : {})

  own_names = { for key, region in local.regions : key => region.domain if region.domain != null }
  names     = setunion(var.domains, values(local.own_names))

  # What is watched is a region's own name. The name that fails over is not: it would be healthy as long as any
  # region is.
  watched = (
    local.two_regions ? local.own_names :
    var.watched ? { primary = try(coalesce(var.primary.domain, null), sort(var.domains)[0]) } : {}
  )

  records = merge([
    for domain in var.domains : {
      for key, region in local.regions : "${domain}/${key}" => { domain = domain, key = key }
    }
  ]...)

  # A missing zone is refused by name in the outputs.
  zone_ids = { for name in local.names : name => lookup(var.zone_ids, name, "missing") }
}

# One region: nothing to choose from.
resource "aws_route53_record" "api" {
  #checkov:skip=CKV2_AWS_23:the alias leads to the load balancer whose name is given
  for_each = local.two_regions ? toset([]) : var.domains

  zone_id = local.zone_ids[each.key]
  name    = each.key
  type    = "A"

  alias {
    name                   = var.primary.dns_name
    zone_id                = var.primary.zone_id
    evaluate_target_health = false
  }
}

# The regions' own names, for health checks and operators.
resource "aws_route53_record" "region" {
  #checkov:skip=CKV2_AWS_23:the alias leads to the load balancer whose name is given
  for_each = local.own_names

  zone_id = local.zone_ids[each.value]
  name    = each.value
  type    = "A"

  alias {
    name                   = local.regions[each.key].dns_name
    zone_id                = local.regions[each.key].zone_id
    evaluate_target_health = false
  }
}

# The health check alone decides. A load balancer's own health would not do: it counts as unhealthy while one of its
# target groups is empty, and between two releases one always is.
resource "aws_route53_record" "failover" {
  #checkov:skip=CKV2_AWS_23:the alias leads to the load balancer whose name is given
  for_each = local.two_regions ? local.records : {}

  zone_id         = local.zone_ids[each.value.domain]
  name            = each.value.domain
  type            = "A"
  set_identifier  = each.value.key
  health_check_id = try(aws_route53_health_check.this[each.value.key].id, null)

  failover_routing_policy {
    type = each.value.key == "primary" ? "PRIMARY" : "SECONDARY"
  }

  alias {
    name                   = local.regions[each.value.key].dns_name
    zone_id                = local.regions[each.value.key].zone_id
    evaluate_target_health = false
  }
}

# From all of Route 53's places: which ones is not said.
resource "aws_route53_health_check" "this" {
  for_each = local.watched

  type              = "HTTPS"
  fqdn              = each.value
  port              = 443
  enable_sni        = true
  resource_path     = var.health_path
  request_interval  = var.interval_seconds
  failure_threshold = var.failure_threshold

  tags = { Name = "bbws-orders-${each.key}-${var.environment}" }
}
