# Rules go by their place in the list: an address that is not known yet (a NAT gateway's) can't name one.
locals {
  allowed = { for index, cidr in var.allowed_cidrs : tostring(index) => cidr }
  testers = { for index, cidr in local.test_cidrs : tostring(index) => cidr }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-load-balancer-${var.environment}"
  description = "Load balancer: the API from outside, tasks inside the VPC"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-load-balancer-${var.environment}" }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = local.allowed

  security_group_id = aws_security_group.this.id
  description       = "API"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  #checkov:skip=CKV_AWS_260:answers with a redirect to HTTPS and nothing else
  for_each = local.allowed

  security_group_id = aws_security_group.this.id
  description       = "Redirect to HTTPS"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = each.value
}

resource "aws_vpc_security_group_ingress_rule" "test" {
  for_each = local.testers

  security_group_id = aws_security_group.this.id
  description       = "Test listener"
  ip_protocol       = "tcp"
  from_port         = local.test_port
  to_port           = local.test_port
  cidr_ipv4         = each.value
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  security_group_id = aws_security_group.this.id
  description       = "Tasks"
  ip_protocol       = "tcp"
  from_port         = var.container_port
  to_port           = var.container_port
  cidr_ipv4         = var.vpc_cidr
}
