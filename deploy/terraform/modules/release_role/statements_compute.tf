# Clusters, services and their scaling; roles for them, under the boundary.

locals {
  compute = [
    {
      sid = "RunServices"
      actions = [
        "ecs:CreateCluster", "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService", "ecs:PutClusterCapacityProviders",
        "ecs:RegisterTaskDefinition", "ecs:StopServiceDeployment", "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster",
        "ecs:UpdateClusterSettings", "ecs:UpdateService",
      ]
      resources = [
        for kind in ["cluster/bbws-*", "service-deployment/bbws-*", "service/bbws-*", "task-definition/bbws-*"] : "${local.arn["ecs"]}:${kind}"
      ]
    },
    # Takes no resource: AWS knows it for all definitions or none. A running task keeps its own.
    {
      sid        = "RetireDefinitions"
      actions    = ["ecs:DeregisterTaskDefinition"]
      resources  = ["*"]
      conditions = [local.in_regions]
    },
    {
      sid = "ScaleServices"
      actions = [
        "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:PutScheduledAction", "application-autoscaling:RegisterScalableTarget",
      ]
      resources  = ["${local.arn["application-autoscaling"]}:scalable-target/*"]
      conditions = [{ test = "StringEquals", variable = "application-autoscaling:service-namespace", values = ["ecs"] }]
    },
    {
      sid       = "TagScaling"
      actions   = ["application-autoscaling:TagResource", "application-autoscaling:UntagResource"]
      resources = ["${local.arn["application-autoscaling"]}:scalable-target/*"]
    },
    {
      sid = "Schedules"
      actions = [
        "scheduler:CreateSchedule", "scheduler:CreateScheduleGroup", "scheduler:DeleteSchedule", "scheduler:DeleteScheduleGroup",
        "scheduler:TagResource", "scheduler:UntagResource", "scheduler:UpdateSchedule",
      ]
      resources = ["${local.arn["scheduler"]}:schedule-group/bbws-*", "${local.arn["scheduler"]}:schedule/bbws-*/*"]
    },
    {
      sid       = "Documents"
      actions   = ["ssm:AddTagsToResource", "ssm:CreateDocument", "ssm:DeleteDocument", "ssm:RemoveTagsFromResource", "ssm:UpdateDocument*"]
      resources = ["${local.arn["ssm"]}:document/bbws-*"]
    },
    # Not the secrets among parameters, such as dev's keys of cursors: what no state may hold no release reads.
    {
      sid = "SendersOfOrders"
      actions = [
        "ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource",
        "ssm:PutParameter", "ssm:RemoveTagsFromResource",
      ]
      resources = ["${local.arn["ssm"]}:parameter/bbws-orders/${var.environment}/order-senders"]
    },
  ]

  identity = [
    {
      sid = "RolesUnderTheBoundary"
      actions = [
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
      ]
      resources  = ["${local.iam}:role/bbws-*"]
      conditions = [local.bounded]
    },
    # AWS knows no condition on the boundary for these. None of them gives a role rights; who may take it can be changed,
    # and every role of this name has the boundary.
    {
      sid = "TendRoles"
      actions = [
        "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
      ]
      resources = ["${local.iam}:role/bbws-*"]
    },
    {
      sid = "Policies"
      actions = [
        "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
      ]
      resources = ["${local.iam}:policy/bbws-*"]
    },
    {
      sid       = "LendRolesToServices"
      actions   = ["iam:PassRole"]
      resources = ["${local.iam}:role/bbws-*"]
      conditions = [{
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values = [
          "backup.amazonaws.com", "cloudtrail.amazonaws.com", "ecs-tasks.amazonaws.com", "ecs.amazonaws.com", "events.amazonaws.com",
          "s3.amazonaws.com", "scheduler.amazonaws.com", "ssm.amazonaws.com", "vpc-flow-logs.amazonaws.com",
        ]
      }]
    },
    # The recorder runs as the service's own role.
    {
      sid        = "LendRoleOfConfig"
      actions    = ["iam:PassRole"]
      resources  = ["${local.iam}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["config.amazonaws.com"] }]
    },
    {
      sid       = "RolesOfServices"
      actions   = ["iam:CreateServiceLinkedRole"]
      resources = ["${local.iam}:role/aws-service-role/*"]
      conditions = [{
        test     = "StringEquals"
        variable = "iam:AWSServiceName"
        values = [
          "backup.amazonaws.com", "config.amazonaws.com", "contributorinsights.dynamodb.amazonaws.com", "ecs.amazonaws.com",
          "ecs.application-autoscaling.amazonaws.com",
          "elasticloadbalancing.amazonaws.com", "guardduty.amazonaws.com", "replication.dynamodb.amazonaws.com",
          "replication.ecr.amazonaws.com", "wafv2.amazonaws.com",
        ]
      }]
    },
    {
      sid       = "OfTheAccount"
      actions   = ["iam:CreateAccountAlias", "iam:DeleteAccountAlias", "iam:UpdateAccountPasswordPolicy"]
      resources = ["*"]
    },
  ]
}
