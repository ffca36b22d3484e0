# What fails without a metric of its own: AWS tells of it by an event on the account's bus, and a rule tells people.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  here = "${local.region}:${data.aws_caller_identity.current.account_id}"

  every_failure = {
    # A rolling release that was taken back looks like a service that runs; one that alarms ended is told of besides.
    release = {
      about = "Releases that ECS ended."
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Deployment State Change"]
        resources   = [{ prefix = "arn:${data.aws_partition.current.partition}:ecs:${local.here}:service/bbws-orders-${var.environment}/" }]
        detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
      }
      paths = { what = "$.resources[0]", why = "$.detail.reason", time = "$.time" }
      says  = "Orders, ${var.environment}: a release failed: <what>, <time>: <why>."
    }

    # Of a table of this region, and of its copies to another.
    backup = {
      about = "Backups of tables, and copies of them, that failed."
      pattern = {
        source      = ["aws.backup"]
        detail-type = ["Backup Job State Change", "Copy Job State Change"]
        detail = {
          state       = ["FAILED", "ABORTED", "EXPIRED"]
          resourceArn = [{ prefix = "arn:${data.aws_partition.current.partition}:dynamodb:${local.here}:table/" }]
        }
      }
      paths = { what = "$.detail.resourceArn", state = "$.detail.state", kind = "$.detail-type", time = "$.time" }
      says  = "Orders, ${var.environment}: <kind>: <state>, of <what>, <time>."
    }

    # A task that never started has no exit code.
    rotation = {
      about = "Renewals of the cursors' key that failed."
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail = {
          lastStatus        = ["STOPPED"]
          taskDefinitionArn = [{ prefix = "arn:${data.aws_partition.current.partition}:ecs:${local.here}:task-definition/bbws-orders-key-rotation-${var.environment}:" }]
          "$or" = [
            { stopCode = ["TaskFailedToStart"] },
            { containers = { name = ["orders"], exitCode = [{ anything-but = [0] }] } },
          ]
        }
      }
      paths = { what = "$.detail.taskArn", why = "$.detail.stoppedReason", time = "$.time" }
      says  = "Orders, ${var.environment}: the cursors' key was not renewed: <what>, <time>: <why>."
    }
  }
  failures = { for name, failure in local.every_failure : name => failure if var.alarms != "none" }
}

resource "aws_cloudwatch_event_rule" "failures" {
  for_each = local.failures

  name          = "bbws-orders-failed-${each.key}-${var.environment}"
  description   = each.value.about
  event_pattern = jsonencode(each.value.pattern)
}

resource "aws_cloudwatch_event_target" "failures" {
  for_each = local.failures

  rule      = aws_cloudwatch_event_rule.failures[each.key].name
  target_id = "alerts"
  arn       = var.topics.alerts

  input_transformer {
    input_paths    = each.value.paths
    input_template = "\"${each.value.says} ${local.runbook}\""
  }
}
