# What every release does: state and lock, images, the backup before it, and reading what there is.

locals {
  state_bucket = "arn:${local.partition}:s3:::bbws-terraform-state-${var.environment}"

  state = concat(
    [
      { sid = "FindState", actions = ["s3:ListBucket"], resources = [local.state_bucket] },
      { sid = "KeepState", actions = ["s3:GetObject", "s3:PutObject"], resources = ["${local.state_bucket}/${var.state_key}"] },
      {
        sid       = "LockState"
        actions   = ["dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem"]
        resources = ["${local.arn["dynamodb"]}:table/terraform-locks-${var.environment}"]
      },
      {
        sid       = "DecryptState"
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = ["${local.arn["kms"]}:key/*"]
        conditions = [
          { test = "ForAnyValue:StringEquals", variable = "kms:ResourceAliases", values = ["alias/bbws-terraform-state-${var.environment}"] },
          { test = "StringLike", variable = "kms:ViaService", values = ["s3.*.amazonaws.com"] },
        ]
      },
      { sid = "SignInToRegistry", actions = ["ecr:GetAuthorizationToken"], resources = ["*"] },
      {
        sid = "PushAndPullImages"
        actions = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        resources = ["${local.arn["ecr"]}:repository/${var.image_repository}"]
      },
      {
        sid       = "BackUpBeforeRelease"
        actions   = ["backup:StartBackupJob"]
        resources = ["${local.arn["backup"]}:backup-vault:bbws-orders-${var.environment}"]
      },
    ],
    var.image_source_account == null ? [] : [
      {
        sid       = "PullImagesToPromote"
        actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
        resources = ["arn:${local.partition}:ecr:*:${var.image_source_account}:repository/${var.image_repository}"]
      },
    ],
    var.control_table_name == null ? [] : [
      {
        sid       = "FirstItemOfWhoWrites"
        actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
        resources = ["${local.arn["dynamodb"]}:table/${var.control_table_name}"]
      },
    ],
  )

  # Configuration, no contents: not items, objects, messages, log lines or secrets.
  look = [
    {
      sid = "ReadConfiguration"
      actions = [
        "acm:Describe*", "acm:List*",
        "application-autoscaling:Describe*", "application-autoscaling:List*",
        "backup:Describe*", "backup:Get*", "backup:List*",
        "budgets:View*", "budgets:ListTagsForResource",
        "cloudtrail:Describe*", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrail*", "cloudtrail:List*",
        "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
        "config:Describe*", "config:List*",
        "dynamodb:Describe*", "dynamodb:GetResourcePolicy", "dynamodb:List*",
        "ec2:Describe*", "ec2:GetManagedPrefixList*", "ec2:GetSecurityGroupsForVpc",
        "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:GetRegistry*", "ecr:GetRepositoryPolicy", "ecr:List*",
        "ecs:Describe*", "ecs:List*",
        "elasticloadbalancing:Describe*",
        "events:Describe*", "events:List*",
        "guardduty:GetDetector", "guardduty:List*",
        "iam:GetAccountPasswordPolicy", "iam:GetOpenIDConnectProvider", "iam:GetPolicy*", "iam:GetRole*",
        "iam:ListAccountAliases", "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole", "iam:ListOpenIDConnectProviders", "iam:ListPolicyVersions", "iam:ListRole*",
        "kms:Describe*", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:List*",
        "logs:Describe*", "logs:ListTags*",
        "route53:Get*", "route53:List*",
        "scheduler:Get*", "scheduler:List*",
        "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets",
        "servicequotas:Get*", "servicequotas:List*",
        "ses:Describe*", "ses:Get*", "ses:List*",
        "sns:Get*", "sns:List*",
        "sqs:GetQueue*", "sqs:List*",
        "ssm:DescribeDocument*", "ssm:DescribeParameters", "ssm:GetDocument", "ssm:ListDocuments", "ssm:ListTagsForResource",
        "tag:GetResources",
        "wafv2:Get*", "wafv2:List*",
        "xray:GetGroup*", "xray:ListTagsForResource",
      ]
      resources = ["*"]
    },
    {
      sid = "ReadBuckets"
      actions = [
        "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetIntelligentTieringConfiguration",
        "s3:GetInventoryConfiguration", "s3:GetLifecycleConfiguration", "s3:GetMetricsConfiguration", "s3:GetReplicationConfiguration",
        "s3:ListBucket",
      ]
      resources = ["arn:${local.partition}:s3:::bbws-*"]
    },
  ]
}
