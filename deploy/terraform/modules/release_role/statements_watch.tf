# Alarms, logs, backups' plans and the account's audit; and what no release may do.

locals {
  watch = [
    {
      sid = "AlarmsAndDashboards"
      actions = [
        "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutCompositeAlarm", "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
      ]
      resources = [
        "${local.arn["cloudwatch"]}:alarm:bbws-*",
        "arn:${local.partition}:cloudwatch::${local.account}:dashboard/bbws-*",
        "arn:${local.partition}:cloudwatch::${local.account}:dashboard/order-executive-*",
        "arn:${local.partition}:cloudwatch::${local.account}:dashboard/order-service-*",
      ]
    },
    {
      sid = "LogGroups"
      actions = [
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DeleteRetentionPolicy",
        "logs:DisassociateKmsKey", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
      ]
      resources = [
        for name in ["/aws/*/bbws-*", "/bbws*", "/ecs/bbws-*", "aws-waf-logs-bbws-*", "bbws*"] : "${local.arn["logs"]}:log-group:${name}"
      ]
    },
    {
      sid = "LogDelivery"
      actions = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DeleteResourcePolicy", "logs:PutQueryDefinition", "logs:DeleteQueryDefinition",
        "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      ]
      resources  = ["*"]
      conditions = [local.in_regions]
    },
    {
      sid       = "Traces"
      actions   = ["xray:CreateGroup", "xray:DeleteGroup", "xray:TagResource", "xray:UntagResource", "xray:UpdateGroup"]
      resources = ["${local.arn["xray"]}:group/bbws-*"]
    },
    {
      sid = "Trail"
      actions = [
        "cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:RemoveTags",
        "cloudtrail:StartLogging", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail",
      ]
      resources = ["${local.arn["cloudtrail"]}:trail/bbws-*"]
    },
    {
      sid = "Findings"
      actions = [
        "guardduty:CreateDetector", "guardduty:DeleteDetector", "guardduty:TagResource", "guardduty:UntagResource", "guardduty:UpdateDetector",
      ]
      # A detector is made without a resource, and its id is known only then.
      resources  = ["*"]
      conditions = [local.in_regions]
    },
    {
      sid = "Rules"
      actions = [
        "config:DeleteConfigRule", "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:DeleteRetentionConfiguration",
        "config:PutConfigRule", "config:PutConfigurationRecorder", "config:PutDeliveryChannel", "config:PutRetentionConfiguration",
        "config:StartConfigurationRecorder", "config:StopConfigurationRecorder", "config:TagResource", "config:UntagResource",
      ]
      resources  = ["*"]
      conditions = [local.in_regions]
    },
    {
      sid       = "Budget"
      actions   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
      resources = ["arn:${local.partition}:budgets::${local.account}:budget/bbws-*"]
    },
    {
      sid = "Vaults"
      actions = [
        "backup:CreateBackupVault", "backup:DeleteBackupVault*", "backup:PutBackupVaultAccessPolicy", "backup:PutBackupVaultLockConfiguration",
        "backup:TagResource", "backup:UntagResource",
      ]
      resources = ["${local.arn["backup"]}:backup-vault:bbws-*"]
    },
    {
      sid = "BackupPlans"
      actions = [
        "backup-storage:MountCapsule", "backup:CreateBackupPlan", "backup:CreateBackupSelection", "backup:DeleteBackupPlan",
        "backup:DeleteBackupSelection", "backup:TagResource", "backup:UpdateBackupPlan", "backup:UpdateRegionSettings",
      ]
      resources  = ["*"]
      conditions = [local.in_regions]
    },
  ]

  never = concat(
    [
      # A release can't make itself more: its own policies and the boundary are changed by an administrator.
      {
        sid    = "OwnRights"
        effect = "Deny"
        actions = [
          "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole",
          "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:SetDefaultPolicyVersion",
          "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
        ]
        resources = ["${local.iam}:role/github-*", "${local.iam}:policy/bbws-release-*", "${local.iam}:policy/bbws-boundary-*"]
      },
      { sid = "RolesWithoutBoundary", effect = "Deny", actions = ["iam:DeleteRolePermissionsBoundary"], resources = ["*"] },
      {
        sid    = "GroundOfState"
        effect = "Deny"
        actions = [
          "s3:DeleteBucket*", "s3:DeleteObject*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
          "s3:PutReplicationConfiguration",
        ]
        resources = [local.state_bucket, "${local.state_bucket}/*", "${local.state_bucket}-access-logs", "${local.state_bucket}-access-logs/*"]
      },
    ],
    var.protected ? [
      {
        sid    = "WhatCannotBeTakenBack"
        effect = "Deny"
        actions = [
          "backup:DeleteBackupVault*", "backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle",
          "cloudtrail:DeleteTrail", "cloudtrail:StopLogging",
          "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:StopConfigurationRecorder",
          "dynamodb:DeleteResourcePolicy", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica",
          "ecr:BatchDeleteImage", "ecr:DeleteRepository",
          "guardduty:DeleteDetector",
          "kms:DisableKey", "kms:ScheduleKeyDeletion",
          "route53:DeleteHostedZone",
          "s3:DeleteBucket",
          "secretsmanager:DeleteSecret",
          "ses:DeleteEmailIdentity",
          "sqs:DeleteQueue", "sqs:PurgeQueue",
        ]
        resources = ["*"]
      },
    ] : [],
    # But for what this tree puts itself: the sidecars' configuration.
    var.protected ? [
      {
        sid     = "Objects"
        effect  = "Deny"
        actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        resources = [
          for name in ["audit-", "email-templates-", "orders-${var.environment}"] : "arn:${local.partition}:s3:::bbws-${name}*"
        ]
      },
    ] : [],
    # But for the lock of state, which is an item of another table. A replica is filled by the very calls that are denied.
    var.protected && !var.create_replicas ? [
      {
        sid       = "Items"
        effect    = "Deny"
        actions   = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete"]
        resources = ["${local.arn["dynamodb"]}:table/bbws-*"]
      },
    ] : [],
  )
}
