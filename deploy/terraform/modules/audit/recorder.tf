# AWS Config: records what resources are like, and judges them by rules that AWS keeps.

locals {
  config_role = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
}

# The service's own role: AWS keeps its rights in step with what Config records.
resource "aws_iam_service_linked_role" "config" {
  count = var.config && var.account_wide && var.service_linked_roles ? 1 : 0

  aws_service_name = "config.amazonaws.com"
}

resource "aws_config_configuration_recorder" "this" {
  #checkov:skip=CKV2_AWS_48:All types are recorded; users and roles, which are in no region, in the primary region only.
  count = var.config ? 1 : 0

  name     = "bbws-${var.environment}"
  role_arn = coalesce(var.config_role_arn, local.config_role)

  recording_group {
    all_supported                 = true
    include_global_resource_types = var.account_wide
  }

  depends_on = [aws_iam_service_linked_role.config]
}

resource "aws_config_delivery_channel" "this" {
  count = var.config ? 1 : 0

  name           = "bbws-${var.environment}"
  s3_bucket_name = aws_s3_bucket.this["audit"].id
  s3_kms_key_arn = local.customer_managed ? var.kms_key_arn : null

  snapshot_delivery_properties {
    delivery_frequency = "TwentyFour_Hours"
  }

  depends_on = [aws_config_configuration_recorder.this, aws_s3_bucket_policy.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  #checkov:skip=CKV2_AWS_45:It records as soon as there is somewhere to deliver to.
  count = var.config ? 1 : 0

  name       = aws_config_configuration_recorder.this[0].name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.this]
}

resource "aws_config_retention_configuration" "this" {
  count = var.config ? 1 : 0

  retention_period_in_days = var.log_days
}
