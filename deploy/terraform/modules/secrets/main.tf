data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  own_key   = var.encryption == "customer-managed"
  full      = { for name in var.names : name => "bbws-orders/${var.environment}/${name}" }

  # Secrets Manager appends a hyphen and six characters that no plan knows.
  patterns = {
    for region in compact([local.region, var.replica_region]) : region => {
      for name, full in local.full : name => "arn:${local.partition}:secretsmanager:${region}:${local.account}:secret:${full}-??????"
    }
  }
}

# Without a value: what is secret must not stand in a state.
resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Secrets Manager rotates by functions, and this service has none: the cursor key is renewed by a scheduled task, the rest by people (runbook keys-and-secrets)
  #checkov:skip=CKV_AWS_149:encryption by a key of ours is a figure of the environment
  for_each = local.full

  name                    = each.value
  description             = "bbws-orders ${each.key}, ${var.environment}"
  kms_key_id              = local.own_key ? var.kms_key_arn : null
  recovery_window_in_days = var.recovery_days

  dynamic "replica" {
    for_each = var.replica_region == null ? [] : [var.replica_region]

    content {
      region     = replica.value
      kms_key_id = local.own_key ? var.replica_kms_key_arn : null
    }
  }
}

# Only what is no secret: the keys of the map are known in a plan, its values need not be.
resource "aws_secretsmanager_secret_version" "this" {
  for_each = toset(keys(var.values))

  secret_id     = aws_secretsmanager_secret.this[each.key].id
  secret_string = var.values[each.key]

  lifecycle {
    precondition {
      condition     = contains(var.names, each.key)
      error_message = "values has ${each.key}, which is not among names."
    }
    precondition {
      condition     = !contains(["api-keys", "cursor-keys", "campaigns-api-token", "product-api-token"], each.key)
      error_message = "values must not have ${each.key}: it would stand in the state in clear."
    }
  }
}

# In a secret's policy "*" is that secret.
data "aws_iam_policy_document" "this" {
  statement {
    sid       = "NobodyWithoutTls"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "NoOtherAccount"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }

    # A service of AWS has no account.
    condition {
      test     = "Bool"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  for_each = local.full

  secret_arn          = aws_secretsmanager_secret.this[each.key].arn
  policy              = data.aws_iam_policy_document.this.json
  block_public_policy = true
}
