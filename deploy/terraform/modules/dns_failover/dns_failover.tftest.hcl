# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environment = "prod"
  domains     = ["api.shop.example", "api.store.example"]
  zone_ids = {
    "api.shop.example"         = "Z1"
    "api.store.example"        = "Z2"
    "api-primary.shop.example" = "Z1"
    "api-dr.shop.example"      = "Z1"
  }
  primary           = { dns_name = "one.elb.amazonaws.com", zone_id = "ZA", domain = "api-primary.shop.example" }
  failover          = { dns_name = "two.elb.amazonaws.com", zone_id = "ZB", domain = "api-dr.shop.example" }
  health_path       = "/health"
  interval_seconds  = 30
  failure_threshold = 2
  recipients        = ["oncall@shop.example"]
}

run "production" {
  command = plan

  assert {
    condition = { for key, record in aws_route53_record.failover : key => [
      record.zone_id, record.type, record.set_identifier, record.failover_routing_policy[0].type, record.alias[0].name, record.alias[0].evaluate_target_health,
      ] } == {
      "api.shop.example/primary"   = ["Z1", "A", "primary", "PRIMARY", "one.elb.amazonaws.com", false]
      "api.shop.example/failover"  = ["Z1", "A", "failover", "SECONDARY", "two.elb.amazonaws.com", false]
      "api.store.example/primary"  = ["Z2", "A", "primary", "PRIMARY", "one.elb.amazonaws.com", false]
      "api.store.example/failover" = ["Z2", "A", "failover", "SECONDARY", "two.elb.amazonaws.com", false]
    } && length(aws_route53_record.api) == 0
    error_message = "Names of both zones fail over; the health check alone decides."
  }
  assert {
    condition = { for key, record in aws_route53_record.region : record.name => [record.zone_id, record.type, record.alias[0].name, record.alias[0].zone_id] } == {
      "api-primary.shop.example" = ["Z1", "A", "one.elb.amazonaws.com", "ZA"]
      "api-dr.shop.example"      = ["Z1", "A", "two.elb.amazonaws.com", "ZB"]
    }
    error_message = "Each region has its own name."
  }
  assert {
    condition = { for key, check in aws_route53_health_check.this : key => [
      check.type, check.fqdn, check.port, check.enable_sni, check.resource_path, check.request_interval, check.failure_threshold,
      ] } == {
      primary  = ["HTTPS", "api-primary.shop.example", 443, true, "/health", 30, 2]
      failover = ["HTTPS", "api-dr.shop.example", 443, true, "/health", 30, 2]
    }
    error_message = "Each region is watched by its own name, every 30 s, twice."
  }
  assert {
    condition     = alltrue([for check in aws_route53_health_check.this : !contains(var.domains, check.fqdn)])
    error_message = "The name that fails over is never watched."
  }
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => [
      alarm.region, alarm.namespace, alarm.metric_name, alarm.statistic, alarm.comparison_operator, alarm.threshold, alarm.period,
      alarm.evaluation_periods, alarm.treat_missing_data,
      ] } == {
      bbws-orders-health-check-primary-prod  = ["us-east-1", "AWS/Route53", "HealthCheckStatus", "Minimum", "LessThanThreshold", 1, 60, 1, "breaching"]
      bbws-orders-health-check-failover-prod = ["us-east-1", "AWS/Route53", "HealthCheckStatus", "Minimum", "LessThanThreshold", 1, 60, 1, "breaching"]
    }
    error_message = "Each check has its alarm, in us-east-1; no data means alarm."
  }
  assert {
    condition     = aws_sns_topic.this["page"].name == "bbws-alerts-page-prod" && aws_sns_topic.this["page"].region == "us-east-1" && { for address, subscription in aws_sns_topic_subscription.this : address => [subscription.protocol, subscription.endpoint, subscription.region] } == { "oncall@shop.example" = ["email", "oncall@shop.example", "us-east-1"] }
    error_message = "Recipients get mail from a topic in us-east-1."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.this["page"].policy).Statement :
      [statement.Principal, statement.Action, statement.Resource, statement.Condition.StringEquals["aws:SourceAccount"]]
    ] == [[{ Service = "cloudwatch.amazonaws.com" }, "sns:Publish", "arn:aws:sns:us-east-1:123456789012:bbws-alerts-page-prod", "123456789012"]]
    error_message = "Only alarms of this account write to it."
  }
}

run "one_region" {
  command = plan

  variables {
    environment = "dev"
    primary     = { dns_name = "one.elb.amazonaws.com", zone_id = "ZA" }
    failover    = null
    recipients  = []
  }

  assert {
    condition = { for name, record in aws_route53_record.api : name => [record.zone_id, record.type, record.alias[0].name, record.alias[0].zone_id] } == {
      "api.shop.example"  = ["Z1", "A", "one.elb.amazonaws.com", "ZA"]
      "api.store.example" = ["Z2", "A", "one.elb.amazonaws.com", "ZA"]
    }
    error_message = "Names lead to the one load balancer."
  }
  assert {
    condition     = length(aws_route53_record.failover) + length(aws_route53_record.region) + length(aws_route53_health_check.this) + length(aws_cloudwatch_metric_alarm.this) + length(aws_sns_topic.this) == 0 && output.topic_arn == null && output.health_check_ids == { primary = null, failover = null }
    error_message = "Nothing is watched."
  }
}

run "one_region_watched" {
  command = plan

  variables {
    environment = "sit"
    primary     = { dns_name = "one.elb.amazonaws.com", zone_id = "ZA" }
    failover    = null
    watched     = true
  }

  assert {
    condition     = { for key, check in aws_route53_health_check.this : key => check.fqdn } == { primary = "api.shop.example" } && length(aws_cloudwatch_metric_alarm.this) == 1
    error_message = "The API's own name is watched: nothing fails over."
  }
}

run "regions_have_names_of_their_own" {
  command = plan

  variables {
    primary = { dns_name = "one.elb.amazonaws.com", zone_id = "ZA" }
  }

  expect_failures = [output.health_check_ids]
}

run "the_name_that_fails_over_is_never_watched" {
  command = plan

  variables {
    primary = { dns_name = "one.elb.amazonaws.com", zone_id = "ZA", domain = "api.shop.example" }
  }

  expect_failures = [output.health_check_ids]
}

run "regions_do_not_share_a_name" {
  command = plan

  variables {
    failover = { dns_name = "two.elb.amazonaws.com", zone_id = "ZB", domain = "api-primary.shop.example" }
  }

  expect_failures = [output.health_check_ids]
}

run "each_name_has_a_zone" {
  command = plan

  variables {
    zone_ids = { "api.shop.example" = "Z1" }
  }

  expect_failures = [output.health_check_ids]
}

run "wrong_values_are_refused" {
  command = plan

  variables {
    environment       = "test"
    domains           = ["https://api.shop.example"]
    health_path       = "health"
    interval_seconds  = 20
    failure_threshold = 0
    ttl_seconds       = 30
    recipients        = ["oncall"]
  }

  expect_failures = [
    var.environment, var.domains, var.health_path, var.interval_seconds, var.failure_threshold, var.ttl_seconds,
    var.recipients,
  ]
}
