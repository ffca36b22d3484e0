# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  environment             = "prod"
  cloudtrail              = "multi-region"
  guardduty               = "automated-response"
  config                  = true
  log_days                = 2555
  encryption              = "customer-managed"
  kms_key_arn             = "arn:aws:kms:af-south-1:123456789012:key/1"
  deletion_protection     = true
  password_length         = 16
  access_key_max_age_days = 30
  mfa                     = true
  waf                     = true
  data_event_bucket_arns  = ["arn:aws:s3:::shop-orders"]
  data_event_table_arns   = ["arn:aws:dynamodb:af-south-1:123456789012:table/shop"]
  page_topic_arn          = "arn:aws:sns:af-south-1:123456789012:bbws-alerts-page-prod"
  vpc_id                  = "vpc-1"
}

run "trail_of_production" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this[0].name == "bbws-audit-prod" && aws_cloudtrail.this[0].is_multi_region_trail && aws_cloudtrail.this[0].enable_log_file_validation && aws_cloudtrail.this[0].include_global_service_events
    error_message = "The trail covers all regions, and can be proved whole."
  }
  assert {
    condition     = aws_cloudtrail.this[0].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.trail[0].kms_key_id == var.kms_key_arn
    error_message = "Trail and log group are encrypted by the key."
  }
  assert {
    condition     = [for selector in aws_cloudtrail.this[0].advanced_event_selector : selector.name] == ["What is done to the account", "Objects", "Items"]
    error_message = "Documents' objects and the table's items are in the trail too."
  }
  assert {
    condition = contains(flatten([
      for selector in aws_cloudtrail.this[0].advanced_event_selector : [for each in selector.field_selector : coalesce(each.starts_with, [])]
    ]), "arn:aws:s3:::shop-orders/")
    error_message = "Objects of the bucket are named, not those of a bucket whose name begins alike."
  }
  assert {
    condition     = { for key, bucket in aws_s3_bucket.this : key => bucket.bucket } == { audit = "bbws-audit-prod", logs = "bbws-audit-prod-access-logs" }
    error_message = "The audit bucket has a log of its own."
  }
  assert {
    condition     = alltrue([for each in aws_s3_bucket_lifecycle_configuration.this : one(one(each.rule).expiration).days == 2555])
    error_message = "What was recorded is kept for seven years."
  }
  assert {
    condition     = aws_cloudwatch_log_group.trail[0].retention_in_days == 30
    error_message = "The trail can be searched for 30 days."
  }
  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets]) && one(aws_s3_bucket_versioning.audit[0].versioning_configuration).status == "Enabled"
    error_message = "Nothing is public, and the audit bucket is versioned."
  }
  assert {
    condition     = alltrue([for policy in aws_s3_bucket_policy.this : length(setintersection([for statement in jsondecode(policy.policy).Statement : statement.Sid if statement.Effect == "Deny"], ["NobodyWithoutTls", "NobodyDeletes"])) == 2])
    error_message = "Nobody comes without TLS, and nobody deletes."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this["audit"].policy).Statement :
      statement.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:af-south-1:123456789012:trail/bbws-audit-prod"
      if startswith(statement.Sid, "Trail")
    ])
    error_message = "Only this trail writes to the bucket."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.trail[0].policy).Statement[0].Resource == "arn:aws:logs:af-south-1:123456789012:log-group:bbws-audit-trail-prod:log-stream:123456789012_CloudTrail_af-south-1*"
    error_message = "The trail writes to its own log group."
  }
  assert {
    condition     = toset([for statement in jsondecode(output.key_policy_json).Statement : statement.Sid]) == toset(["TrailEncrypts", "TrailChecksKey", "TrailLogGroupUsesKey", "RecorderUsesKey"])
    error_message = "The key's policy is told what services use it."
  }
}

run "users_of_production" {
  command = plan

  assert {
    condition     = aws_iam_account_password_policy.this[0].minimum_password_length == 16 && aws_iam_account_password_policy.this[0].password_reuse_prevention == 24 && aws_iam_account_password_policy.this[0].max_password_age == 90
    error_message = "Passwords have 16 characters, change each 90 days, and are none of the last 24."
  }
  assert {
    condition     = aws_iam_account_password_policy.this[0].require_lowercase_characters && aws_iam_account_password_policy.this[0].require_uppercase_characters && aws_iam_account_password_policy.this[0].require_numbers && aws_iam_account_password_policy.this[0].require_symbols
    error_message = "Passwords have all kinds of characters."
  }
  assert {
    condition     = jsondecode(aws_config_config_rule.this["access-keys-rotated"].input_parameters) == { maxAccessKeyAge = "30" }
    error_message = "Access keys are reported after 30 days."
  }
  assert {
    condition = jsondecode(aws_config_config_rule.this["iam-password-policy"].input_parameters) == {
      MinimumPasswordLength      = tostring(aws_iam_account_password_policy.this[0].minimum_password_length)
      RequireLowercaseCharacters = "true"
      RequireUppercaseCharacters = "true"
      RequireNumbers             = "true"
      RequireSymbols             = "true"
      PasswordReusePrevention    = tostring(aws_iam_account_password_policy.this[0].password_reuse_prevention)
      MaxPasswordAge             = tostring(aws_iam_account_password_policy.this[0].max_password_age)
    }
    error_message = "The rule judges by the policy's own figures."
  }
}

run "rules_of_production" {
  command = plan

  assert {
    condition = output.rules == tolist([
      "access-keys-rotated", "backup-recovery-point-encrypted", "backup-recovery-point-manual-deletion-disabled",
      "cloud-trail-cloud-watch-logs-enabled", "cloud-trail-encryption-enabled", "cloud-trail-log-file-validation-enabled",
      "cloudtrail-enabled", "cloudwatch-log-group-encrypted", "cmk-backing-key-rotation-enabled", "dynamodb-pitr-enabled",
      "dynamodb-table-encrypted-kms", "ecr-private-image-scanning-enabled", "ecr-private-tag-immutability-enabled",
      "ecs-containers-nonprivileged", "elb-deletion-protection-enabled", "iam-password-policy", "iam-policy-no-statements-with-admin-access",
      "iam-root-access-key-check", "iam-user-mfa-enabled", "iam-user-no-policies-check", "iam-user-unused-credentials-check",
      "kms-cmk-not-scheduled-for-deletion", "mfa-enabled-for-iam-console-access", "multi-region-cloudtrail-enabled",
      "root-account-mfa-enabled", "s3-bucket-level-public-access-prohibited", "s3-bucket-public-read-prohibited",
      "s3-bucket-public-write-prohibited", "s3-bucket-server-side-encryption-enabled", "s3-bucket-ssl-requests-only",
      "secretsmanager-using-cmk", "vpc-default-security-group-closed", "vpc-flow-logs-enabled",
    ])
    error_message = "These are the rules of production in Cape Town."
  }
  assert {
    condition = output.left_out_rules == tolist([
      "alb-http-drop-invalid-header-enabled", "alb-http-to-https-redirection-check", "alb-waf-enabled",
      "guardduty-enabled-centralized", "restricted-ssh",
    ])
    error_message = "Rules that Cape Town does not have are left out, by name."
  }
  assert {
    condition     = alltrue([for rule in aws_config_config_rule.this : one(rule.source).owner == "AWS"]) && one(aws_config_config_rule.this["cloudtrail-enabled"].source).source_identifier == "CLOUD_TRAIL_ENABLED" && one(aws_config_config_rule.this["s3-bucket-ssl-requests-only"].source).source_identifier == "S3_BUCKET_SSL_REQUESTS_ONLY"
    error_message = "Rules are AWS's, by its identifiers."
  }
  assert {
    condition     = one(aws_config_configuration_recorder.this[0].recording_group).all_supported && one(aws_config_configuration_recorder.this[0].recording_group).include_global_resource_types && aws_config_configuration_recorder_status.this[0].is_enabled
    error_message = "All types are recorded, users and roles among them."
  }
  assert {
    condition     = aws_config_retention_configuration.this[0].retention_period_in_days == 2555
    error_message = "Recorded configuration is kept for seven years."
  }
}

run "response_of_production" {
  command = apply

  assert {
    condition     = aws_guardduty_detector.this[0].enable && aws_guardduty_detector_feature.objects[0].name == "S3_DATA_EVENTS" && aws_guardduty_detector_feature.tasks[0].status == "DISABLED"
    error_message = "GuardDuty watches objects, and not what runs."
  }
  assert {
    condition     = { for each in aws_guardduty_detector_feature.tasks[0].additional_configuration : each.name => each.status } == { ECS_FARGATE_AGENT_MANAGEMENT = "DISABLED", EC2_AGENT_MANAGEMENT = "DISABLED", EKS_ADDON_MANAGEMENT = "DISABLED" }
    error_message = "Its agent has no room in the tasks."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.threats[0].event_pattern).detail.severity == [{ numeric = [">=", 7] }] && aws_cloudwatch_event_target.threats[0].arn == var.page_topic_arn
    error_message = "Findings of severity 7 and above page."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.isolate[0].event_pattern).detail.resource.ecsClusterDetails.taskDetails.arn == [{ prefix = "arn:aws:ecs:af-south-1:123456789012:task/bbws-" }]
    error_message = "Only a task of ours is isolated."
  }
  assert {
    condition     = length(aws_security_group.isolation[0].ingress) == 0 && length(aws_security_group.isolation[0].egress) == 0 && aws_security_group.isolation[0].vpc_id == "vpc-1"
    error_message = "Nothing goes in or out of the isolating group."
  }
  assert {
    condition     = [for step in jsondecode(aws_ssm_document.isolate[0].content).mainSteps : step.name] == ["FindTask", "FindInterface", "Isolate", "SeeThatItHolds", "StopTask"]
    error_message = "A task is found, then its interface, which is isolated and looked at again."
  }
  assert {
    condition     = alltrue([for step in slice(jsondecode(aws_ssm_document.isolate[0].content).mainSteps, 0, 4) : step.onFailure == "step:StopTask"])
    error_message = "A task that can't be isolated is stopped."
  }
  assert {
    condition     = jsondecode(aws_ssm_document.isolate[0].content).mainSteps[2].inputs.Groups == [aws_security_group.isolation[0].id]
    error_message = "The interface keeps no other group."
  }
  assert {
    condition     = aws_cloudwatch_event_target.isolate[0].arn == "arn:aws:ssm:af-south-1:123456789012:automation-definition/bbws-isolate-task-prod"
    error_message = "The event starts the document."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.isolate[0].policy).Statement :
      statement.Condition.StringEquals["aws:ResourceTag/Purpose"] == aws_security_group.isolation[0].tags.Purpose
      if strcontains(statement.Resource, "security-group")
    ])
    error_message = "The document can put an interface into the isolating group, and into no other."
  }
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_role_policy.isolate[0].policy).Statement : statement.Action])) == toset(["ec2:DescribeNetworkInterfaces", "ec2:ModifyNetworkInterfaceAttribute", "ecs:DescribeTasks", "ecs:StopTask"])
    error_message = "The document makes four calls and may make no other."
  }
  assert {
    condition     = output.page_rule_arns == tolist(["arn:aws:events:af-south-1:123456789012:rule/bbws-threats-prod", "arn:aws:events:af-south-1:123456789012:rule/bbws-isolated-task-prod"])
    error_message = "Two rules page: a finding, and how an isolation ended."
  }
}

run "the_failover_region" {
  command = plan

  variables {
    account_wide = false
    suffix       = "-dr"
  }

  assert {
    condition     = length(aws_cloudtrail.this) == 0 && length(aws_iam_account_password_policy.this) == 0 && length(aws_iam_role.trail) == 0 && length(aws_iam_service_linked_role.config) == 0
    error_message = "What an account has once is not made twice."
  }
  assert {
    condition     = aws_s3_bucket.this["audit"].bucket == "bbws-audit-prod-dr" && length(aws_guardduty_detector.this) == 1 && !one(aws_config_configuration_recorder.this[0].recording_group).include_global_resource_types
    error_message = "Findings and configuration are looked at in each region."
  }
  assert {
    condition     = [for statement in jsondecode(output.key_policy_json).Statement : statement.Principal.Service] == ["config.amazonaws.com"]
    error_message = "The region's key is used by its recorder alone."
  }
  assert {
    condition     = !contains(output.rules, "iam-password-policy") && contains(output.rules, "dynamodb-table-encrypted-kms")
    error_message = "Users are judged once."
  }
}

run "integration" {
  command = plan

  variables {
    environment             = "sit"
    cloudtrail              = "on"
    guardduty               = "on"
    log_days                = 90
    encryption              = "aws-managed"
    kms_key_arn             = null
    deletion_protection     = false
    password_length         = 12
    access_key_max_age_days = 60
    data_event_bucket_arns  = []
    data_event_table_arns   = []
    vpc_id                  = null
  }

  assert {
    condition     = !aws_cloudtrail.this[0].is_multi_region_trail && length(aws_cloudtrail.this[0].advanced_event_selector) == 1 && aws_cloudtrail.this[0].kms_key_id == null
    error_message = "The trail is of one region, without objects and items."
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.threats) == 1 && length(aws_ssm_document.isolate) == 0 && length(aws_security_group.isolation) == 0
    error_message = "Findings are told, and nothing is done about them."
  }
  assert {
    condition     = alltrue([for each in aws_s3_bucket_lifecycle_configuration.this : one(one(each.rule).expiration).days == 90]) && aws_iam_account_password_policy.this[0].minimum_password_length == 12 && jsondecode(aws_config_config_rule.this["access-keys-rotated"].input_parameters).maxAccessKeyAge == "60"
    error_message = "90 days, 12 characters, keys of 60 days."
  }
  assert {
    condition     = !contains(output.rules, "dynamodb-table-encrypted-kms") && contains(output.rules, "root-account-mfa-enabled") && !contains(output.rules, "multi-region-cloudtrail-enabled")
    error_message = "Rules follow the environment's figures."
  }
}

run "development" {
  command = plan

  variables {
    environment             = "dev"
    cloudtrail              = "off"
    guardduty               = "off"
    config                  = false
    log_days                = 30
    encryption              = "aws-managed"
    kms_key_arn             = null
    deletion_protection     = false
    password_length         = 8
    access_key_max_age_days = 90
    mfa                     = false
    page_topic_arn          = null
    vpc_id                  = null
  }

  assert {
    condition     = aws_iam_account_password_policy.this[0].minimum_password_length == 8
    error_message = "Passwords have 8 characters."
  }
  assert {
    condition     = length(aws_s3_bucket.this) == 0 && length(aws_cloudtrail.this) == 0 && length(aws_guardduty_detector.this) == 0 && length(aws_config_config_rule.this) == 0
    error_message = "Nothing else is there."
  }
}

run "the_role_of_another_region" {
  command = plan

  variables {
    account_wide    = false
    cloudtrail      = "off"
    config_role_arn = "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
  }

  assert {
    condition     = aws_config_configuration_recorder.this[0].role_arn == var.config_role_arn && length(aws_iam_service_linked_role.config) == 0
    error_message = "The recorder takes the role that the first region made, and makes none."
  }
}

run "containers_are_not_judged_by_the_log_router" {
  command = plan

  variables {
    absent_rules = {}
  }

  assert {
    condition     = length(setintersection(output.rules, ["ecs-containers-readonly-access", "ecs-task-definition-nonroot-user"])) == 0
    error_message = "The log router would break both rules for ever."
  }
}

run "a_region_with_all_rules" {
  command = plan

  variables {
    absent_rules = {}
  }

  assert {
    condition     = length(output.left_out_rules) == 0 && contains(output.rules, "alb-waf-enabled") && one(aws_config_config_rule.this["restricted-ssh"].source).source_identifier == "INCOMING_SSH_DISABLED"
    error_message = "Nothing is left out where nothing is absent."
  }
}

run "cloudtrail_is_one_of_three" {
  command = plan

  variables {
    cloudtrail = "yes"
  }

  expect_failures = [var.cloudtrail]
}

run "guardduty_is_one_of_three" {
  command = plan

  variables {
    guardduty = "yes"
  }

  expect_failures = [var.guardduty]
}

run "passwords_have_eight_characters" {
  command = plan

  variables {
    password_length = 7
  }

  expect_failures = [var.password_length]
}

run "keys_live_for_ninety_days" {
  command = plan

  variables {
    access_key_max_age_days = 365
  }

  expect_failures = [var.access_key_max_age_days]
}

run "retention_is_bounded" {
  command = plan

  variables {
    log_days = 3650
  }

  expect_failures = [var.log_days]
}

run "cloudwatch_knows_the_retention" {
  command = plan

  variables {
    trail_log_days = 45
  }

  expect_failures = [var.trail_log_days]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "a_response_needs_a_network" {
  command = plan

  variables {
    vpc_id = null
  }

  expect_failures = [aws_security_group.isolation]
}

run "somebody_is_told" {
  command = plan

  variables {
    page_topic_arn = null
  }

  expect_failures = [aws_cloudwatch_event_target.threats]
}
