# Tables, queues, topics, buckets, keys, secrets, mail, images, backups: their configuration, not what they hold.

locals {
  of_environment = "bbws-*-${var.environment}*"

  data = concat(
    [
      {
        sid = "Tables"
        actions = [
          "dynamodb:CreateGlobalTableWitness", "dynamodb:CreateTable", "dynamodb:CreateTableReplica", "dynamodb:DeleteGlobalTableWitness",
          "dynamodb:DeleteResourcePolicy", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:PutResourcePolicy",
          "dynamodb:TagResource", "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateContributorInsights", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        resources = ["${local.arn["dynamodb"]}:table/${local.of_environment}"]
      },
      {
        sid       = "Queues"
        actions   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        resources = ["${local.arn["sqs"]}:${local.of_environment}"]
      },
      {
        sid = "Topics"
        actions = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
        ]
        resources = ["${local.arn["sns"]}:${local.of_environment}"]
      },
      # Take no resource: AWS knows them for all subscriptions or none.
      {
        sid        = "Subscriptions"
        actions    = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
        resources  = ["*"]
        conditions = [local.in_regions]
      },
      {
        sid = "Buses"
        actions = [
          "events:CreateArchive", "events:CreateEventBus", "events:DeleteArchive", "events:DeleteEventBus", "events:DeleteRule",
          "events:DisableRule", "events:EnableRule", "events:PutPermission", "events:PutRule", "events:PutTargets",
          "events:RemovePermission", "events:RemoveTargets", "events:TagResource", "events:UntagResource", "events:UpdateArchive",
          "events:UpdateEventBus",
        ]
        resources = [for kind in ["archive", "event-bus", "rule"] : "${local.arn["events"]}:${kind}/bbws-*"]
      },
      {
        sid = "Buckets"
        actions = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucket*", "s3:PutEncryptionConfiguration",
          "s3:PutIntelligentTieringConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration",
        ]
        resources = ["arn:${local.partition}:s3:::${local.of_environment}"]
      },
      # What the log router reads: an object of this tree, of another name whenever it changes.
      {
        sid       = "SidecarsConfiguration"
        actions   = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"]
        resources = ["arn:${local.partition}:s3:::bbws-orders-sidecars-${var.environment}*/*"]
      },
      {
        sid        = "MakeKeys"
        actions    = ["kms:CreateKey", "kms:TagResource"]
        resources  = ["*"]
        conditions = [local.tagging, local.in_regions]
      },
      {
        sid = "TendKeys"
        actions = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion",
          "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        resources  = ["${local.arn["kms"]}:key/*"]
        conditions = [local.tagged]
      },
      {
        sid       = "NameKeys"
        actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
        resources = ["${local.arn["kms"]}:alias/bbws-*"]
      },
      # What is made under a key of ours is made with a grant for its service.
      {
        sid       = "LendKeysToServices"
        actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant"]
        resources = ["${local.arn["kms"]}:key/*"]
        conditions = [
          local.tagged,
          {
            test     = "StringLike"
            variable = "kms:ViaService"
            values   = [for service in ["backup", "dynamodb", "ecr", "secretsmanager"] : "${service}.*.amazonaws.com"]
          },
        ]
      },
      {
        sid = "Secrets"
        actions = [
          "secretsmanager:CreateSecret", "secretsmanager:DeleteResourcePolicy", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy",
          "secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions", "secretsmanager:RestoreSecret",
          "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret",
        ]
        resources = ["${local.arn["secretsmanager"]}:secret:bbws*"]
      },
      {
        sid = "Mail"
        actions = [
          "ses:CreateConfigurationSet*", "ses:CreateEmailIdentity*", "ses:DeleteConfigurationSet*", "ses:DeleteEmailIdentity*",
          "ses:PutConfigurationSet*", "ses:PutEmailIdentity*", "ses:TagResource", "ses:UntagResource", "ses:UpdateConfigurationSet*",
          "ses:UpdateEmailIdentityPolicy",
        ]
        resources = ["${local.arn["ses"]}:configuration-set/bbws-*", "${local.arn["ses"]}:identity/*"]
      },
      { sid = "MailOfAccount", actions = ["ses:PutAccountSuppressionAttributes"], resources = ["*"], conditions = [local.in_regions] },
      {
        sid = "Repositories"
        actions = [
          "ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:DeleteRepositoryPolicy", "ecr:PutImageScanningConfiguration",
          "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy", "ecr:TagResource", "ecr:UntagResource",
        ]
        resources = ["${local.arn["ecr"]}:repository/${var.image_repository}"]
      },
      { sid = "CopiesOfImages", actions = ["ecr:PutReplicationConfiguration"], resources = ["*"], conditions = [local.in_regions] },
    ],
    var.create_replicas ? [
      {
        sid = "FillReplicas"
        actions = [
          "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
          "dynamodb:UpdateItem",
        ]
        resources = ["${local.arn["dynamodb"]}:table/${local.of_environment}"]
      },
    ] : [],
  )
}
