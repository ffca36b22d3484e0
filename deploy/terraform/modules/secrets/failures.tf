# A renewal that fails shows nowhere else: the old key goes on signing.

resource "aws_cloudwatch_event_rule" "failed" {
  count = var.rotated ? 1 : 0

  name        = "bbws-orders-rotation-failed-${var.environment}"
  description = "A task that was to renew the key of cursors did not start, or ended with an error"

  # Any container's exit code counts, the log router's too: a pattern can't tie a code to a name in one element of a list.
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      taskDefinitionArn = [{ prefix = "${local.family_arn}:" }]
      lastStatus        = ["STOPPED"]
      "$or" = [
        { stopCode = ["TaskFailedToStart"] },
        { containers = { exitCode = [{ anything-but = [0] }] } },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  count = var.rotated ? 1 : 0

  rule      = aws_cloudwatch_event_rule.failed[0].name
  target_id = "alert"
  arn       = var.alert_topic_arn
}
