data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account          = data.aws_caller_identity.current.account_id
  partition        = data.aws_partition.current.partition
  region           = data.aws_region.current.region
  customer_managed = var.encryption == "customer-managed"

  has_trail  = var.account_wide && var.cloudtrail != "off"
  has_bucket = local.has_trail || var.config
}

# A length of 8, dev's, is the least that this module takes. All kinds of characters, and none of the last 24 again.
resource "aws_iam_account_password_policy" "this" {
  #checkov:skip=CKV_AWS_10:The length is a figure of the environment: 16 in production, 12 and 8 before it.
  count = var.account_wide ? 1 : 0

  minimum_password_length        = var.password_length
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  max_password_age               = var.password_max_age_days
  password_reuse_prevention      = 24
  allow_users_to_change_password = true
  # A user whose password has run out can still set a new one.
  hard_expiry = false
}
