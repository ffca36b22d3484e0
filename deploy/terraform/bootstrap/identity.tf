data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

# GitHub's workflows prove who they are by a token of this issuer, and no key is stored with them. Which workflows may do
# what is said by the trust of the roles (module release_role). AWS knows the issuer's certificates: no thumbprint.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

# The account's own policies say who may use the key: without this statement nobody could, not even to change it.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:A key's policy speaks of its own key: "*" is that one, and the account must stay able to change it.
  #checkov:skip=CKV_AWS_111:A key's policy speaks of its own key: "*" is that one, and the account must stay able to change it.
  #checkov:skip=CKV_AWS_356:A key's policy speaks of its own key: "*" is that one, and the account must stay able to change it.
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_key" "state" {
  count = local.customer_managed ? 1 : 0

  description             = "Terraform state, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "state" {
  count = local.customer_managed ? 1 : 0

  name          = "alias/bbws-terraform-state-${var.environment}"
  target_key_id = aws_kms_key.state[0].key_id
}
