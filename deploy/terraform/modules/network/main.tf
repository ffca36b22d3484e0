data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Zones of the region itself: local zones and the like must be asked for.
data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:only the first ones by name are used, and a new zone gets the next letter
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # Ranges as whole numbers, so that they can be compared: Terraform has no function that does.
  subnets = concat(var.public_subnets, var.private_subnets)
  firsts  = [for cidr in concat([var.cidr], local.subnets) : sum([for place, octet in split(".", cidrhost(cidr, 0)) : tonumber(octet) * pow(256, 3 - place)])]
  lasts   = [for cidr in concat([var.cidr], local.subnets) : sum([for place, octet in split(".", cidrhost(cidr, -1)) : tonumber(octet) * pow(256, 3 - place)])]

  outside = [
    for index, cidr in local.subnets : cidr
    if local.firsts[index + 1] < local.firsts[0] || local.lasts[index + 1] > local.lasts[0]
  ]
  overlapping = flatten([
    for left, one in local.subnets : [
      for right, other in local.subnets : "${one} and ${other}"
      if left < right && local.firsts[left + 1] <= local.lasts[right + 1] && local.firsts[right + 1] <= local.lasts[left + 1]
    ]
  ])
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.vpc_name }

  # Rules that need more than one variable can't stand beside a variable before Terraform 1.9.
  lifecycle {
    precondition {
      condition     = length(var.public_subnets) == var.zones && length(var.private_subnets) == var.zones
      error_message = "public_subnets and private_subnets must have one range for each of the ${var.zones} zones: there are ${length(var.public_subnets)} and ${length(var.private_subnets)}."
    }

    precondition {
      condition     = length(local.outside) == 0
      error_message = "Subnets must lie inside the VPC's range ${var.cidr}; outside of it: ${join(", ", local.outside)}."
    }

    precondition {
      condition     = length(local.overlapping) == 0
      error_message = "Subnets must not overlap; these do: ${join("; ", local.overlapping)}."
    }

    precondition {
      condition     = var.nat_gateways <= var.zones
      error_message = "nat_gateways must be from 1 to ${var.zones}, the number of zones: it is ${var.nat_gateways}."
    }

    precondition {
      condition     = length(data.aws_availability_zones.available.names) >= var.zones
      error_message = "zones must be ${length(data.aws_availability_zones.available.names)} at most in ${local.region}: it is ${var.zones}."
    }
  }
}

# Whoever forgets to name a security group gets this one, which lets nothing in or out.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-closed" }
}
