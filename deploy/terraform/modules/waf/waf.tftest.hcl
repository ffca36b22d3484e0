mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment                = "prod"
  load_balancer_arn          = "arn:aws:elasticloadbalancing:af-south-1:123456789012:loadbalancer/app/bbws-orders-prod/1"
  rate_per_client_per_minute = 6000
  total_per_minute           = 600000
  operator_cidrs             = ["192.0.2.0/24"]
  log_days                   = 90
  kms_key_arn                = "arn:aws:kms:af-south-1:123456789012:key/1"
}

run "production" {
  command = apply

  assert {
    condition = { for rule in aws_wafv2_web_acl.this.rule : rule.priority => rule.name } == {
      "0"  = "health"
      "10" = "operators"
      "30" = "rate-per-client"
      "40" = "rate-of-all"
      "50" = "AWSManagedRulesAmazonIpReputationList"
      "51" = "AWSManagedRulesKnownBadInputsRuleSet"
      "52" = "AWSManagedRulesCommonRuleSet"
      "53" = "AWSManagedRulesSQLiRuleSet"
    }
    error_message = "Health checks pass first; nobody's country is refused."
  }
  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : alltrue([
        length(one(rule.action).allow) == 1,
        one(one(rule.statement).regex_match_statement).regex_string == "^(/health|/health/live|/health/ready)$",
      ]) if rule.name == "health"
    ])
    error_message = "Exactly the health paths are exempt."
  }
  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : alltrue([
        length(one(rule.action).block) == 1,
        one(one(one(rule.statement).and_statement).statement[0].regex_match_statement).regex_string == "^(/v1\\.0/orders/[^/]+/erase)/?$",
        one(one(one(one(rule.statement).and_statement).statement[1].not_statement).statement[0].ip_set_reference_statement).arn == aws_wafv2_ip_set.operators["operators"].arn,
      ]) if rule.name == "operators"
    ]) && aws_wafv2_ip_set.operators["operators"].addresses == toset(["192.0.2.0/24"])
    error_message = "Only operators' addresses reach operators' paths."
  }
  assert {
    condition = {
      for rule in aws_wafv2_web_acl.this.rule : rule.name => [
        for statement in one(rule.statement).rate_based_statement : [statement.limit, statement.aggregate_key_type, statement.evaluation_window_sec, length(statement.scope_down_statement)]
      ] if startswith(rule.name, "rate-")
    } == { rate-per-client = [[6000, "IP", 60, 0]], rate-of-all = [[600000, "CONSTANT", 60, 1]] }
    error_message = "A client may send 6,000 requests a minute, all together 600,000."
  }
  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : one(one(one(rule.action).block).custom_response).response_code == 429 if startswith(rule.name, "rate-")
    ])
    error_message = "Who sends too much is told so."
  }
  assert {
    condition = {
      for rule in aws_wafv2_web_acl.this.rule : rule.name => {
        counts  = length(one(rule.override_action).count) == 1
        counted = [for override in one(one(rule.statement).managed_rule_group_statement).rule_action_override : override.name if length(one(override.action_to_use).count) == 1]
      } if startswith(rule.name, "AWS")
      } == {
      AWSManagedRulesAmazonIpReputationList = { counts = false, counted = [] }
      AWSManagedRulesKnownBadInputsRuleSet  = { counts = false, counted = [] }
      AWSManagedRulesCommonRuleSet          = { counts = false, counted = ["SizeRestrictions_BODY"] }
      AWSManagedRulesSQLiRuleSet            = { counts = true, counted = [] }
    }
    error_message = "AWS's rules refuse, but for the size of bodies and SQL injection, which count."
  }
  assert {
    condition     = aws_wafv2_web_acl.this.name == "bbws-orders-prod" && aws_wafv2_web_acl.this.scope == "REGIONAL" && aws_wafv2_web_acl_association.this.resource_arn == var.load_balancer_arn && aws_wafv2_web_acl_association.this.web_acl_arn == aws_wafv2_web_acl.this.arn
    error_message = "The firewall stands before the load balancer."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "aws-waf-logs-bbws-orders-prod" && aws_cloudwatch_log_group.this.retention_in_days == 90 && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The log is kept for 90 days, encrypted by the key."
  }
  assert {
    condition     = toset([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : one(field.single_header).name]) == toset(["authorization", "cookie", "x-api-key"])
    error_message = "Credentials are not logged."
  }
  assert {
    condition = alltrue([
      for filter in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).filter :
      filter.behavior == "KEEP" && toset([for condition in filter.condition : one(condition.action_condition).action]) == toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])
    ]) && one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).default_behavior == "DROP"
    error_message = "What passes is not logged."
  }
  assert {
    condition = {
      for protection in one(aws_wafv2_web_acl.this.data_protection_config).data_protection : one(protection.field).field_type => protection.action
    } == { SINGLE_HEADER = "SUBSTITUTION", BODY = "SUBSTITUTION" }
    error_message = "Samples show neither credentials nor bodies."
  }
}

# Few runs, and plans where they are enough: the schema of a web ACL is so deep that each takes 16 seconds.
run "countries_and_no_operator_paths" {
  command = plan

  variables {
    blocked_countries = ["KP", "IR"]
    operator_paths    = []
  }

  assert {
    condition     = [for rule in aws_wafv2_web_acl.this.rule : one(one(rule.statement).geo_match_statement).country_codes if rule.priority == 20] == [tolist(["KP", "IR"])]
    error_message = "Countries are refused where there are any."
  }
  assert {
    condition     = length(aws_wafv2_ip_set.operators) == 0 && !contains([for rule in aws_wafv2_web_acl.this.rule : rule.name], "operators")
    error_message = "Without operators' paths there are neither rule nor addresses."
  }
}

run "wrong_values_are_refused" {
  command = plan

  variables {
    environment                = "test"
    rate_per_client_per_minute = 5
    total_per_minute           = 0.5
    blocked_countries          = ["North Korea"]
    health_paths               = ["/healthy"]
    operator_paths             = ["docs"]
    operator_cidrs             = ["0.0.0.0/0"]
    log_days                   = 91
    # A rule on the size of bodies would refuse orders.
    counted_rules = []
  }

  expect_failures = [
    var.environment, var.rate_per_client_per_minute, var.total_per_minute, var.blocked_countries, var.health_paths,
    var.operator_paths, var.operator_cidrs, var.log_days, var.counted_rules,
  ]
}
