# The rules, by the names that AWS has for them; the identifier is the name in capitals unless it is said.

locals {
  # Of users, who are in no region: judged once, in the primary region.
  rules_of_users = merge(
    {
      access-keys-rotated       = { maxAccessKeyAge = tostring(var.access_key_max_age_days) }
      iam-root-access-key-check = {}
      iam-password-policy = {
        MinimumPasswordLength      = tostring(var.password_length)
        RequireLowercaseCharacters = "true"
        RequireUppercaseCharacters = "true"
        RequireNumbers             = "true"
        RequireSymbols             = "true"
        PasswordReusePrevention    = "24"
        MaxPasswordAge             = tostring(var.password_max_age_days)
      }
      iam-policy-no-statements-with-admin-access = {}
      iam-user-no-policies-check                 = {}
      iam-user-unused-credentials-check          = { maxCredentialUsageAge = "90" }
    },
    var.mfa ? {
      iam-user-mfa-enabled               = {}
      mfa-enabled-for-iam-console-access = {}
      root-account-mfa-enabled           = {}
    } : {},
    var.cloudtrail == "multi-region" ? { multi-region-cloudtrail-enabled = {} } : {},
  )

  rules_of_region = merge(
    {
      alb-http-drop-invalid-header-enabled     = {}
      alb-http-to-https-redirection-check      = {}
      backup-recovery-point-encrypted          = {}
      cmk-backing-key-rotation-enabled         = {}
      dynamodb-pitr-enabled                    = {}
      ecr-private-image-scanning-enabled       = {}
      ecr-private-tag-immutability-enabled     = {}
      ecs-containers-nonprivileged             = {}
      kms-cmk-not-scheduled-for-deletion       = {}
      restricted-ssh                           = {}
      s3-bucket-level-public-access-prohibited = {}
      s3-bucket-public-read-prohibited         = {}
      s3-bucket-public-write-prohibited        = {}
      s3-bucket-server-side-encryption-enabled = {}
      s3-bucket-ssl-requests-only              = {}
      vpc-default-security-group-closed        = {}
      vpc-flow-logs-enabled                    = {}
    },
    # Where keys are AWS's own, these would call every resource wrong.
    local.customer_managed ? {
      cloudwatch-log-group-encrypted = {}
      dynamodb-table-encrypted-kms   = {}
      secretsmanager-using-cmk       = {}
    } : {},
    local.has_trail ? {
      cloud-trail-cloud-watch-logs-enabled    = {}
      cloud-trail-log-file-validation-enabled = {}
      cloudtrail-enabled                      = {}
    } : {},
    local.has_trail && local.customer_managed ? { cloud-trail-encryption-enabled = {} } : {},
    var.deletion_protection ? {
      backup-recovery-point-manual-deletion-disabled = {}
      elb-deletion-protection-enabled                = {}
    } : {},
    var.guardduty != "off" ? { guardduty-enabled-centralized = {} } : {},
    var.waf ? { alb-waf-enabled = {} } : {},
  )

  # Rules that are known by another name than that of the console.
  identifiers = {
    cloudtrail-enabled              = "CLOUD_TRAIL_ENABLED"
    multi-region-cloudtrail-enabled = "MULTI_REGION_CLOUD_TRAIL_ENABLED"
    restricted-ssh                  = "INCOMING_SSH_DISABLED"
  }

  absent = lookup(var.absent_rules, local.region, [])
  wanted = merge(var.account_wide ? local.rules_of_users : {}, local.rules_of_region)
  config_rules = {
    for name, parameters in local.wanted : name => parameters if var.config && !contains(local.absent, name)
  }
}

resource "aws_config_config_rule" "this" {
  for_each = local.config_rules

  name             = each.key
  input_parameters = length(each.value) > 0 ? jsonencode(each.value) : null

  source {
    owner             = "AWS"
    source_identifier = lookup(local.identifiers, each.key, upper(replace(each.key, "-", "_")))
  }

  depends_on = [aws_config_configuration_recorder.this]
}
