data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  name = "${var.declaration.name}-${var.environment}"
  arns = {
    for region in var.declaration.regions : region =>
    "arn:${data.aws_partition.current.partition}:dynamodb:${region}:${data.aws_caller_identity.current.account_id}:table/${local.name}"
  }
}

# Two replicas and a witness, which keeps what it needs to decide and can't be read. No TTL and no local indexes: tables
# with strong consistency have neither. The mode can't be changed, and replicas join an empty table only: that is why
# the item is a resource of its own, made after it.
resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:nothing personal or secret is in it, and a key of ours that is out of reach would take every write of the shop with it; AWS's own key is used
  name                        = local.name
  billing_mode                = "PAY_PER_REQUEST"
  table_class                 = "STANDARD"
  hash_key                    = var.declaration.partition_key
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = var.declaration.partition_key
    type = "S"
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = var.pitr_days
  }

  replica {
    region_name                 = var.declaration.regions[1]
    consistency_mode            = var.declaration.consistency
    deletion_protection_enabled = var.deletion_protection
    point_in_time_recovery      = true
    propagate_tags              = true
  }

  global_table_witness {
    region_name = var.declaration.witness
  }

  lifecycle {
    precondition {
      condition     = data.aws_region.current.region == var.declaration.regions[0]
      error_message = "The first of regions, ${var.declaration.regions[0]}, must be the provider's: it is ${data.aws_region.current.region}."
    }
  }
}

# Who may write: changed by `orders dr` from then on, and by nothing else.
resource "aws_dynamodb_table_item" "writer" {
  table_name = aws_dynamodb_table.this.name
  hash_key   = var.declaration.partition_key

  item = jsonencode({
    (var.declaration.partition_key) = { S = var.item_key }
    epoch                           = { N = "1" }
    writer                          = { S = var.first_writer }
    evacuated                       = { L = [] }
    by                              = { S = "terraform" }
    at                              = { S = var.created_at }
  })

  lifecycle {
    # A takeover is not to be undone by the next release.
    ignore_changes = [item]
  }
}
