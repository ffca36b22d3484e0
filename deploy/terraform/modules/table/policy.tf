# What nobody may do to the table, whatever their own policies say: administrators neither. Each copy of a table has a
# policy of its own.

locals {
  name    = coalesce(var.restored, "${var.declaration.name}-${var.environment}")
  account = data.aws_caller_identity.current.account_id
  regions = compact(concat([data.aws_region.current.region], var.replica[*].region))
  # From the name, so that a plan has the policies whole.
  arns = {
    for region in local.regions : region => "arn:${data.aws_partition.current.partition}:dynamodb:${region}:${local.account}:table/${local.name}"
  }

  # DynamoDB copies by a role of its own. Who denies it anything stops the copying, and after 20 hours the copies are
  # tables of one region for good.
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html
  copies_as = "arn:${data.aws_partition.current.partition}:iam::${local.account}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"

  # Erasing is overwriting, and what expires DynamoDB removes itself: no call of the service removes an item.
  never = concat(
    var.deny_deletes ? ["dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete"] : [],
    # It writes without conditions, and so past the versions that keep two writers apart.
    var.deny_batch_writes ? ["dynamodb:BatchWriteItem"] : [],
    # They have conditions, and only whoever settles events has a use for them.
    var.deny_statements ? ["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"] : [],
  )
}

data "aws_iam_policy_document" "this" {
  for_each = length(local.never) > 0 ? local.arns : {}

  statement {
    sid       = "Nobody"
    effect    = "Deny"
    actions   = local.never
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
  for_each = length(local.never) > 0 ? local.arns : {}

  region       = each.key
  resource_arn = each.value
  policy       = data.aws_iam_policy_document.this[each.key].json

  # A copy is filled by calls that are denied from then on.
  depends_on = [aws_dynamodb_table.this]
}
