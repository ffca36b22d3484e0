mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { region = "af-south-1" }
  }
}

variables {
  environment         = "prod"
  name                = "bbws-orders"
  vpc_id              = "vpc-1"
  vpc_cidr            = "10.2.0.0/16"
  subnet_ids          = ["subnet-1", "subnet-2", "subnet-3"]
  certificate_arn     = "arn:aws:acm:af-south-1:123456789012:certificate/1"
  tls_policy          = "1.3 preferred, 1.2 floor"
  deletion_protection = true
  access_logs         = true
}

run "production" {
  command = apply

  assert {
    condition = alltrue([
      aws_lb.this.name == "bbws-orders-prod",
      aws_lb.this.load_balancer_type == "application",
      !aws_lb.this.internal,
      aws_lb.this.enable_deletion_protection,
      aws_lb.this.drop_invalid_header_fields,
      aws_lb.this.desync_mitigation_mode == "defensive",
      aws_lb.this.xff_header_processing_mode == "append",
      aws_lb.this.idle_timeout == 60,
      !aws_lb.this.enable_waf_fail_open,
      one(aws_lb.this.access_logs).enabled,
      one(aws_lb.this.access_logs).bucket == "bbws-orders-load-balancer-logs-prod-af-south-1",
    ])
    error_message = "The load balancer is protected, refuses what can be read in two ways, and waits longer than a request takes."
  }
  assert {
    condition = alltrue([
      for color, group in aws_lb_target_group.this : alltrue([
        group.name == "bbws-orders-${color}-prod",
        group.target_type == "ip",
        group.protocol == "HTTP",
        group.port == 8080,
        tonumber(group.deregistration_delay) == 30,
        group.slow_start == 0,
        one(group.health_check).path == "/health/live",
        one(group.health_check).matcher == "200",
        one(group.health_check).interval == 10,
        one(group.health_check).timeout == 5,
        one(group.health_check).healthy_threshold == 2,
        one(group.health_check).unhealthy_threshold == 3,
      ])
    ]) && toset(keys(aws_lb_target_group.this)) == toset(["blue", "green"])
    error_message = "There are two target groups, by address, asked on /health/live, left within the 30 s that a task has to stop."
  }
  assert {
    condition = alltrue([
      for listener in [aws_lb_listener.https, aws_lb_listener.test] : alltrue([
        listener.protocol == "HTTPS",
        listener.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        listener.certificate_arn == var.certificate_arn,
        one(listener.default_action).type == "fixed-response",
        one(one(listener.default_action).fixed_response).status_code == "503",
      ])
    ]) && aws_lb_listener.https.port == 443 && aws_lb_listener.test.port == 8443
    error_message = "Both listeners speak TLS 1.3 and 1.2; without a rule there is no service."
  }
  assert {
    condition     = aws_lb_listener.http.port == 80 && one(one(aws_lb_listener.http.default_action).redirect).protocol == "HTTPS" && one(one(aws_lb_listener.http.default_action).redirect).status_code == "HTTP_301"
    error_message = "HTTP leads to HTTPS."
  }
  assert {
    condition = alltrue([
      for rule in aws_lb_listener_rule.this : alltrue([
        one(one(rule.condition).path_pattern).values == toset(["/*"]),
        one(rule.action).type == "forward",
        { for group in one(one(rule.action).forward).target_group : group.arn => group.weight } == {
          (aws_lb_target_group.this["blue"].arn)  = 1
          (aws_lb_target_group.this["green"].arn) = 0
        },
      ])
    ])
    error_message = "One rule of each listener holds both target groups, blue with all traffic."
  }
  assert {
    condition     = aws_lb_listener_rule.this["production"].listener_arn == aws_lb_listener.https.arn && aws_lb_listener_rule.this["test"].listener_arn == aws_lb_listener.test.arn
    error_message = "Each listener has its rule."
  }
  assert {
    condition = alltrue([
      [for rule in aws_vpc_security_group_ingress_rule.https : [rule.cidr_ipv4, rule.from_port, rule.to_port]] == [["0.0.0.0/0", 443, 443]],
      [for rule in aws_vpc_security_group_ingress_rule.http : [rule.cidr_ipv4, rule.from_port, rule.to_port]] == [["0.0.0.0/0", 80, 80]],
      [for rule in aws_vpc_security_group_ingress_rule.test : [rule.cidr_ipv4, rule.from_port, rule.to_port]] == [["10.2.0.0/16", 8443, 8443]],
      aws_vpc_security_group_egress_rule.tasks.cidr_ipv4 == "10.2.0.0/16" && aws_vpc_security_group_egress_rule.tasks.from_port == 8080,
    ])
    error_message = "Everybody reaches the API, only the VPC the test listener, and the load balancer only tasks."
  }
}

run "development" {
  command = apply

  variables {
    environment         = "dev"
    tls_policy          = "1.2"
    deletion_protection = false
    access_logs         = false
  }

  assert {
    condition     = !aws_lb.this.enable_deletion_protection && length(aws_lb.this.access_logs) == 0 && length(aws_s3_bucket.logs) == 0
    error_message = "Nothing is protected or logged."
  }
  assert {
    condition     = aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    error_message = "At least 1.2 is 1.3 too."
  }
}

run "testers_are_named" {
  command = apply

  variables {
    test_cidrs = ["192.0.2.1/32", "198.51.100.0/24"]
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.test : rule.cidr_ipv4] == ["192.0.2.1/32", "198.51.100.0/24"]
    error_message = "Only they reach the test listener."
  }
}

run "not_everybody_tests" {
  command = plan

  variables {
    test_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.test_cidrs]
}

run "tls_keeps_a_floor_of_1_2" {
  command = plan

  variables {
    tls_policy = "1.3"
  }

  expect_failures = [var.tls_policy]
}

run "wrong_values_are_refused" {
  command = plan

  variables {
    environment          = "test"
    name                 = "a-name-that-is-longer-than-names-may-be"
    subnet_ids           = ["subnet-1"]
    vpc_cidr             = "10.2.0.0"
    access_log_days      = 0
    container_port       = 0
    health_path          = "health"
    stop_timeout_seconds = 121
    allowed_cidrs        = ["everybody"]
  }

  expect_failures = [
    var.environment, var.name, var.subnet_ids, var.vpc_cidr, var.access_log_days, var.container_port, var.health_path,
    var.stop_timeout_seconds, var.allowed_cidrs,
  ]
}
