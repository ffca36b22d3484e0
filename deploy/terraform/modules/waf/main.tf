locals {
  name = "bbws-orders-${var.environment}"

  # Rules of AWS, in order. `counts` only reports.
  managed_rules = [
    # Addresses that AWS sees attacking.
    { name = "AWSManagedRulesAmazonIpReputationList", counts = false, counted_rules = [] },
    { name = "AWSManagedRulesKnownBadInputsRuleSet", counts = false, counted_rules = [] },
    { name = "AWSManagedRulesCommonRuleSet", counts = false, counted_rules = sort(var.counted_rules) },
    # There is no SQL here, and names and notes of orders may look like it: counted, as a sign of who tries.
    { name = "AWSManagedRulesSQLiRuleSet", counts = true, counted_rules = [] },
  ]
}

resource "aws_wafv2_web_acl" "this" {
  name        = local.name
  description = "Before the load balancer of the orders API"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "too-many-requests"
    content_type = "APPLICATION_JSON"
    content      = jsonencode({ title = "Too Many Requests", status = 429 })
  }

  # Route 53 and load balancers ask from many addresses, and must not find the region down because somebody else
  # sends too much.
  rule {
    name     = "health"
    priority = 0

    action {
      allow {}
    }

    statement {
      regex_match_statement {
        regex_string = local.health_expression

        field_to_match {
          uri_path {}
        }

        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }

    visibility_config {
      metric_name                = "${local.name}-health"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = aws_wafv2_ip_set.operators

    content {
      name     = "operators"
      priority = 10

      action {
        block {}
      }

      statement {
        and_statement {
          statement {
            regex_match_statement {
              regex_string = local.operator_expression

              field_to_match {
                uri_path {}
              }

              # As the service sees it: /%65rase and //erase are /erase.
              text_transformation {
                priority = 0
                type     = "URL_DECODE"
              }

              text_transformation {
                priority = 1
                type     = "NORMALIZE_PATH"
              }
            }
          }

          statement {
            not_statement {
              statement {
                ip_set_reference_statement {
                  arn = rule.value.arn
                }
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = "${local.name}-operators"
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = length(var.blocked_countries) > 0 ? [var.blocked_countries] : []

    content {
      name     = "countries"
      priority = 20

      action {
        block {}
      }

      statement {
        geo_match_statement {
          country_codes = rule.value
        }
      }

      visibility_config {
        metric_name                = "${local.name}-countries"
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "rate-per-client"
    priority = 30

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "too-many-requests"

          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = var.rate_per_client_per_minute
        aggregate_key_type    = "IP"
        evaluation_window_sec = 60
      }
    }

    visibility_config {
      metric_name                = "${local.name}-rate-per-client"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "rate-of-all"
    priority = 40

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "too-many-requests"

          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = var.total_per_minute
        aggregate_key_type    = "CONSTANT"
        evaluation_window_sec = 60

        # Counting all together needs a statement of what is counted: everything that is not a health check.
        scope_down_statement {
          not_statement {
            statement {
              regex_match_statement {
                regex_string = local.health_expression

                field_to_match {
                  uri_path {}
                }

                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      metric_name                = "${local.name}-rate-of-all"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.value.name
      priority = 50 + rule.key

      override_action {
        dynamic "none" {
          for_each = rule.value.counts ? [] : [true]
          content {}
        }

        dynamic "count" {
          for_each = rule.value.counts ? [true] : []
          content {}
        }
      }

      # No version: AWS's default one moves with what is found.
      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.value.name

          dynamic "rule_action_override" {
            for_each = rule.value.counted_rules

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        metric_name                = "${local.name}-${rule.value.name}"
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = true
      }
    }
  }

  # Neither log nor samples show who calls or what an order has in it.
  data_protection_config {
    data_protection {
      action = "SUBSTITUTION"

      field {
        field_type = "SINGLE_HEADER"
        field_keys = local.secret_headers
      }
    }

    data_protection {
      action = "SUBSTITUTION"

      field {
        field_type = "BODY"
      }
    }
  }

  visibility_config {
    metric_name                = local.name
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = var.load_balancer_arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}
