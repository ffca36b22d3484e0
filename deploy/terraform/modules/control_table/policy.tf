# Who writes the one item: the role of `orders dr`, in either region, and nobody else, administrators neither. The first
# item is put before there is this policy, so a release needs no exception: it can't turn the shop over.

locals {
  account = data.aws_caller_identity.current.account_id
  roles   = "arn:${data.aws_partition.current.partition}:iam::${local.account}:role"
  # DynamoDB copies by a role of its own: who denies it anything stops the copying.
  copies_as = "${local.roles}/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"
}

data "aws_iam_policy_document" "this" {
  for_each = local.arns

  statement {
    sid    = "NobodyButWhoSwitchesRegions"
    effect = "Deny"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:PartiQLInsert",
      "dynamodb:PartiQLUpdate",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
    ]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotLike"
      variable = "aws:PrincipalArn"
      values   = ["${local.roles}/${var.switching_roles}", local.copies_as]
    }
  }

  statement {
    sid       = "Nobody"
    effect    = "Deny"
    actions   = ["dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [local.copies_as]
    }
  }
}

resource "aws_dynamodb_resource_policy" "this" {
  for_each = local.arns

  region       = each.key
  resource_arn = each.value
  policy       = data.aws_iam_policy_document.this[each.key].json

  depends_on = [aws_dynamodb_table_item.writer]
}
