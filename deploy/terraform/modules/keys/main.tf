data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

# The account's own policies say who may use a key: without this statement nobody could, not even to change it.
data "aws_iam_policy_document" "this" {
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

resource "aws_kms_key" "this" {
  for_each = var.names

  description             = "bbws-orders ${each.key}, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  for_each = var.names

  name          = "alias/bbws-orders-${each.key}-${var.environment}"
  target_key_id = aws_kms_key.this[each.key].key_id
}
