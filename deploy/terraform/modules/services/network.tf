# Requests come from the load balancer alone; everything else only calls out, to AWS and other services by TLS.
resource "aws_security_group" "api" {
  #checkov:skip=CKV2_AWS_5:services of the module ecs_service have it; the check does not follow modules
  name        = "bbws-orders-api-${var.environment}"
  description = "Tasks of the API: requests from the load balancer."
  vpc_id      = var.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  security_group_id            = aws_security_group.api.id
  description                  = "Requests and health checks of the load balancer."
  referenced_security_group_id = var.load_balancer.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_security_group" "workers" {
  #checkov:skip=CKV2_AWS_5:services of the module ecs_service have it; the check does not follow modules
  name        = "bbws-orders-workers-${var.environment}"
  description = "Tasks of workers, relay and rotation: nothing comes in."
  vpc_id      = var.network.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "tls" {
  for_each = { api = aws_security_group.api.id, workers = aws_security_group.workers.id }

  security_group_id = each.value
  description       = "AWS, the issuer's keys, the product and campaigns services."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
