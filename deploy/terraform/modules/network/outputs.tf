output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "IPv4 range of the VPC."
  value       = var.cidr
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of zones."
  value       = [for suffix in local.suffixes : aws_subnet.public[suffix].id]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of zones."
  value       = [for suffix in local.suffixes : aws_subnet.private[suffix].id]
  # What starts in them calls out at once, to the registry first: a NAT gateway takes minutes.
  depends_on = [
    aws_route.internet,
    aws_route.nat,
    aws_route_table_association.public,
    aws_route_table_association.private,
    aws_vpc_endpoint.gateway,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_ingress_rule.endpoints,
  ]
}

output "nat_ips" {
  description = "Addresses that calls to the outside come from, for partners' allow-lists."
  value       = [for suffix in local.nat_zones : aws_eip.nat[suffix].public_ip]
}
