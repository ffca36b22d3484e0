data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  test_port  = 8443
  test_cidrs = var.test_cidrs == null ? [var.vpc_cidr] : var.test_cidrs

  # Both mean 1.3 and 1.2, with forward secrecy and authenticated ciphers only. A policy of 1.3 alone would shut out
  # Route 53's health checkers, which speak 1.2 at most: the region would count as down.
  tls_policies = {
    "1.2"                      = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    "1.3 preferred, 1.2 floor" = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:deletion protection is for production; elsewhere an environment is taken down as a whole
  #checkov:skip=CKV_AWS_91:access logs are for sit and production, as planned
  #checkov:skip=CKV2_AWS_28:the firewall is for production, as planned: its module names this load balancer
  name                       = "${var.name}-${var.environment}"
  load_balancer_type         = "application"
  internal                   = false
  ip_address_type            = "ipv4"
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.this.id]
  enable_deletion_protection = var.deletion_protection

  # A request takes 30 s at most. The service keeps connections for 75 s: it never closes one that is about to be used.
  idle_timeout = 60

  # What is not a header goes. Requests that two servers could read in two ways are refused; `strictest` would also
  # refuse what is merely unusual, such as a GET that says Content-Length: 0, which some clients send.
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"

  # The service takes the client's address from the last entry, which is this load balancer's own.
  xff_header_processing_mode = "append"

  # Without an answer from the firewall nothing is let through.
  enable_waf_fail_open = false
  # Lets an operator, or AWS, take a zone out.
  enable_zonal_shift = true

  dynamic "access_logs" {
    for_each = var.access_logs ? [true] : []

    content {
      enabled = true
      bucket  = local.log_bucket
    }
  }

  # Turning logs on writes a first object: the bucket must take it by then.
  depends_on = [aws_s3_bucket_policy.logs]
}

# Tasks are registered by their addresses. ECS registers a new revision in the group that has no traffic.
resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; inside the VPC tasks are reached by its security group alone
  for_each = toset(["blue", "green"])

  name             = "${var.name}-${each.key}-${var.environment}"
  vpc_id           = var.vpc_id
  target_type      = "ip"
  protocol         = "HTTP"
  protocol_version = "HTTP1"
  port             = var.container_port

  # A task that goes gets no new requests and may finish those that it has: as long as it has to stop.
  deregistration_delay = var.stop_timeout_seconds

  # No slow start: a task is ready when it says so, and a release moves traffic in steps anyway. Not by outstanding
  # requests either: a task that fails at once has the fewest, and would draw the traffic.
  slow_start                    = 0
  load_balancing_algorithm_type = "round_robin"

  # In after 20 s, out after 30 s.
  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "traffic-port"
    path                = var.health_path
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}
