# The automated response: a task with a severe finding is cut off from the network. An event starts a document of Systems
# Manager, which calls AWS by itself: no function, no code of ours.

locals {
  responds  = var.guardduty == "automated-response"
  document  = "bbws-isolate-task-${var.environment}"
  isolation = "bbws-isolation-${var.environment}"
  ssm       = "arn:${local.partition}:ssm:${local.region}:${local.account}"
}

# Neither in nor out: no rules, and none is to be added.
resource "aws_security_group" "isolation" {
  #checkov:skip=CKV2_AWS_5:It is put on the interface of a task that GuardDuty suspects, and on nothing before.
  count = local.responds ? 1 : 0

  name        = local.isolation
  description = "Cuts a suspected task off: no traffic in or out"
  vpc_id      = var.vpc_id
  ingress     = []
  egress      = []
  tags        = { Name = local.isolation, Purpose = local.isolation }

  lifecycle {
    precondition {
      condition     = var.vpc_id != null
      error_message = "vpc_id must be the network of the tasks when guardduty is automated-response."
    }
  }
}

resource "aws_ssm_document" "isolate" {
  count = local.responds ? 1 : 0

  name            = local.document
  document_type   = "Automation"
  document_format = "JSON"

  content = jsonencode({
    schemaVersion = "0.3"
    description   = "Puts the interface of a suspected task into a group without rules; stops the task where that fails."
    assumeRole    = aws_iam_role.isolate[0].arn
    parameters = {
      ClusterArn = { type = "String", description = "Cluster of the task", allowedPattern = "^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/bbws-[A-Za-z0-9_-]+$" }
      TaskArn    = { type = "String", description = "Task that GuardDuty suspects", allowedPattern = "^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task/bbws-[A-Za-z0-9_/-]+$" }
    }
    mainSteps = [
      {
        name           = "FindTask"
        action         = "aws:executeAwsApi"
        timeoutSeconds = 60
        maxAttempts    = 3
        onFailure      = "step:StopTask"
        nextStep       = "FindInterface"
        inputs         = { Service = "ecs", Api = "DescribeTasks", cluster = "{{ ClusterArn }}", tasks = ["{{ TaskArn }}"] }
        outputs        = [{ Name = "Address", Selector = "$.tasks[0].containers[0].networkInterfaces[0].privateIpv4Address", Type = "String" }]
      },
      {
        name           = "FindInterface"
        action         = "aws:executeAwsApi"
        timeoutSeconds = 60
        maxAttempts    = 3
        onFailure      = "step:StopTask"
        nextStep       = "Isolate"
        inputs = {
          Service = "ec2"
          Api     = "DescribeNetworkInterfaces"
          Filters = [
            { Name = "addresses.private-ip-address", Values = ["{{ FindTask.Address }}"] },
            { Name = "vpc-id", Values = [var.vpc_id] },
          ]
        }
        outputs = [{ Name = "Interface", Selector = "$.NetworkInterfaces[0].NetworkInterfaceId", Type = "String" }]
      },
      {
        name           = "Isolate"
        action         = "aws:executeAwsApi"
        timeoutSeconds = 60
        maxAttempts    = 3
        onFailure      = "step:StopTask"
        nextStep       = "SeeThatItHolds"
        inputs = {
          Service            = "ec2"
          Api                = "ModifyNetworkInterfaceAttribute"
          NetworkInterfaceId = "{{ FindInterface.Interface }}"
          Groups             = [aws_security_group.isolation[0].id]
        }
      },
      {
        name           = "SeeThatItHolds"
        action         = "aws:assertAwsResourceProperty"
        timeoutSeconds = 60
        maxAttempts    = 3
        onFailure      = "step:StopTask"
        isEnd          = true
        inputs = {
          Service             = "ec2"
          Api                 = "DescribeNetworkInterfaces"
          NetworkInterfaceIds = ["{{ FindInterface.Interface }}"]
          PropertySelector    = "$.NetworkInterfaces[0].Groups[0].GroupId"
          DesiredValues       = [aws_security_group.isolation[0].id]
        }
      },
      {
        name           = "StopTask"
        action         = "aws:executeAwsApi"
        timeoutSeconds = 60
        maxAttempts    = 3
        isEnd          = true
        inputs         = { Service = "ecs", Api = "StopTask", cluster = "{{ ClusterArn }}", task = "{{ TaskArn }}", reason = "Suspected by GuardDuty, and could not be isolated" }
      },
    ]
  })
}

resource "aws_cloudwatch_event_rule" "isolate" {
  count = local.responds ? 1 : 0

  name        = local.rules.isolate
  description = "A task of ours with a severe finding is isolated"

  event_pattern = jsonencode({
    source      = ["aws.guardduty"]
    detail-type = ["GuardDuty Finding"]
    detail = {
      severity = [{ numeric = [">=", local.severe] }]
      resource = { ecsClusterDetails = { taskDetails = { arn = [{ prefix = "arn:${local.partition}:ecs:${local.region}:${local.account}:task/bbws-" }] } } }
    }
  })
}

resource "aws_cloudwatch_event_target" "isolate" {
  count = local.responds ? 1 : 0

  rule      = aws_cloudwatch_event_rule.isolate[0].name
  target_id = "isolate"
  arn       = "${local.ssm}:automation-definition/${aws_ssm_document.isolate[0].name}"
  role_arn  = aws_iam_role.respond[0].arn

  input_transformer {
    input_paths = {
      cluster = "$.detail.resource.ecsClusterDetails.arn"
      task    = "$.detail.resource.ecsClusterDetails.taskDetails.arn"
    }
    input_template = "{\"ClusterArn\":[<cluster>],\"TaskArn\":[<task>]}"
  }

  # A task that could not be isolated within the hour has been looked at by who was paged.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}

# However it ended: who was paged hears whether the task is cut off.
resource "aws_cloudwatch_event_rule" "isolated" {
  count = local.responds ? 1 : 0

  name        = local.rules.isolated
  description = "How the isolation of a task ended is told"

  event_pattern = jsonencode({
    source      = ["aws.ssm"]
    detail-type = ["EC2 Automation Execution Status-change Notification"]
    detail      = { Definition = [local.document], Status = ["Success", "Failed", "TimedOut", "Cancelled"] }
  })
}

resource "aws_cloudwatch_event_target" "isolated" {
  count = local.responds ? 1 : 0

  rule      = aws_cloudwatch_event_rule.isolated[0].name
  target_id = "page"
  arn       = var.page_topic_arn

  input_transformer {
    input_paths = {
      account   = "$.account"
      execution = "$.detail.ExecutionId"
      region    = "$.region"
      status    = "$.detail.Status"
    }
    input_template = "\"Isolation of a suspected task ended: <status>. Account <account>, <region>, execution <execution>: its steps name the task, and whether it was isolated or stopped.\""
  }
}
