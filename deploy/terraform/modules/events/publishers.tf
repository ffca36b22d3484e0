# Who may put what on the bus. Roles of this account need a policy of their own besides; those of other accounts need
# this one and theirs. What is refused here is refused to administrators too: an event of another service that this one
# made up would change the status of orders.

locals {
  # A statement's id has letters and digits only: io.bbws.payments becomes IoBbwsPayments.
  publishers = { for source, principals in var.publishers : replace(title(replace(source, "/[^a-zA-Z0-9]+/", " ")), " ", "") => { source = source, principals = principals } }
}

data "aws_iam_policy_document" "bus" {
  dynamic "statement" {
    for_each = local.publishers

    content {
      sid       = "${statement.key}Publishes"
      actions   = ["events:PutEvents"]
      resources = [local.bus_arn]

      principals {
        type        = "AWS"
        identifiers = statement.value.principals
      }

      condition {
        test     = "ForAllValues:StringEquals"
        variable = "events:source"
        values   = [statement.value.source]
      }

      # ForAllValues holds of nothing at all.
      condition {
        test     = "Null"
        variable = "events:source"
        values   = ["false"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.publishers

    content {
      sid       = "NobodyElseFor${statement.key}"
      effect    = "Deny"
      actions   = ["events:PutEvents"]
      resources = [local.bus_arn]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "events:source"
        values   = [statement.value.source]
      }

      condition {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = statement.value.principals
      }
    }
  }

  statement {
    sid       = "OwnEventsFromThisAccountOnly"
    effect    = "Deny"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "events:source"
      values   = [var.topology.events.source]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }

  statement {
    sid       = "NoOtherSources"
    effect    = "Deny"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ForAnyValue:StringNotEquals"
      variable = "events:source"
      values   = concat([var.topology.events.source], keys(var.publishers))
    }
  }
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  event_bus_name = aws_cloudwatch_event_bus.this.name
  policy         = data.aws_iam_policy_document.bus.json

  lifecycle {
    precondition {
      condition     = !contains(keys(var.publishers), var.topology.events.source)
      error_message = "publishers must not name ${var.topology.events.source}: this service alone publishes it."
    }
    precondition {
      condition     = length(setsubtract(keys(var.publishers), flatten(var.topology.rules[*].sources))) == 0
      error_message = "publishers may name sources only that a rule of topology.yaml matches: nobody receives others."
    }
    # EventBridge takes 10,240 bytes.
    precondition {
      condition     = length(data.aws_iam_policy_document.bus.minified_json) <= 10240
      error_message = "publishers has too many roles: the bus's policy may have 10,240 bytes."
    }
  }
}
