data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # A global table replicates by its stream, which must hold both images: one that declares none has it for that.
  stream = var.replica == null ? var.declaration.stream : "NEW_AND_OLD_IMAGES"

  # A key attribute is declared once, however many indexes it is a key of.
  key_attributes = toset(compact(flatten([
    var.declaration.partition_key,
    var.declaration.sort_key,
    [for index in var.declaration.indexes : [index.hash, index.range]],
  ])))

  # An index takes the attribute list that it names, less the keys of index and table, which it has anyway.
  projected = {
    for index in var.declaration.indexes : index.name => index.attributes == null ? null : [
      for name in var.attribute_lists[index.attributes] : name
      if !contains([index.hash, coalesce(index.range, "-"), var.declaration.partition_key, coalesce(var.declaration.sort_key, "-")], name)
    ]
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = local.name
  billing_mode                = "PAY_PER_REQUEST"
  table_class                 = "STANDARD"
  hash_key                    = var.declaration.partition_key
  range_key                   = var.declaration.sort_key
  deletion_protection_enabled = var.deletion_protection
  stream_enabled              = local.stream != null
  stream_view_type            = local.stream

  dynamic "attribute" {
    for_each = local.key_attributes

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = { for index in var.declaration.indexes : index.name => index }

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash
      range_key          = global_secondary_index.value.range
      projection_type    = global_secondary_index.value.projection
      non_key_attributes = local.projected[global_secondary_index.key]
    }
  }

  dynamic "ttl" {
    for_each = var.declaration.ttl_attribute == null ? [] : [var.declaration.ttl_attribute]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = var.pitr_days
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  dynamic "replica" {
    for_each = var.replica == null ? [] : [var.replica]

    content {
      region_name                 = replica.value.region
      kms_key_arn                 = replica.value.kms_key_arn
      consistency_mode            = "EVENTUAL"
      deletion_protection_enabled = var.deletion_protection
      point_in_time_recovery      = true
      propagate_tags              = true
    }
  }
}

resource "aws_dynamodb_contributor_insights" "this" {
  for_each = var.contributor_insights ? toset(concat([""], [for index in var.declaration.indexes : index.name])) : toset([])

  table_name = aws_dynamodb_table.this.name
  index_name = each.value == "" ? null : each.value
}
