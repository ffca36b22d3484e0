# What can be granted, by name. Which role has what stands in grants.tf.
locals {
  writes_only = { for kind, partition in {
    orders       = "TENANT#*#ORDER#*"
    mails        = "TENANT#*#MAIL#*"
    suppressions = "TENANT#*#SUPPRESSION"
    } : kind => [
    { test = "ForAllValues:StringLike", variable = "dynamodb:LeadingKeys", values = [partition] },
    # Without it a request that names no key at all would pass: "for all" holds of none.
    { test = "Null", variable = "dynamodb:LeadingKeys", values = ["false"] },
  ] }

  statements = {
    # Every process finds the addresses of all workers' queues at its start.
    FindQueues           = { actions = ["sqs:GetQueueUrl"], resources = local.every_queue, conditions = [] }
    FindRuleDeadLetters  = { actions = ["sqs:GetQueueUrl"], resources = local.rule_dead_letter_queues, conditions = [] }
    ProbeQueues          = { actions = ["sqs:GetQueueAttributes"], resources = values(local.queues), conditions = [] }
    SendOrders           = { actions = ["sqs:SendMessage"], resources = [local.queues["record-creator"]], conditions = [] }
    SendDocumentRequests = { actions = ["sqs:SendMessage"], resources = [local.queues["pdf-creator"]], conditions = [] }
    LookAtDeadLetters = {
      actions    = ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"]
      resources  = local.every_dead_letter
      conditions = []
    }
    SearchDeadLetters = { actions = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources = local.every_dead_letter, conditions = [] }
    RemoveDeadLetters = { actions = ["sqs:DeleteMessage"], resources = local.every_dead_letter, conditions = [] }
    SendAgain         = { actions = ["sqs:SendMessage"], resources = values(local.queues), conditions = [] }

    EnterErasures = { actions = ["dynamodb:PutItem"], resources = [local.ledger], conditions = [] }
    ReadErasures  = { actions = ["dynamodb:Query", "dynamodb:Scan"], resources = [local.ledger], conditions = [] }

    ReadItems   = { actions = ["dynamodb:GetItem"], resources = [local.table], conditions = [] }
    ReadHistory = { actions = ["dynamodb:Query"], resources = [local.table], conditions = [] }
    ListOrders = {
      actions = ["dynamodb:Query"]
      resources = [
        for index in ["OrdersByTenantAndDate", "OrdersByCustomer", "OrdersByStatus", "OrderByNumber"] :
        "${local.table}/index/${index}"
      ]
      conditions = []
    }
    ListTenantsOrders = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/OrdersByTenantAndDate"], conditions = [] }
    FindByNumber      = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/OrderByNumber"], conditions = [] }
    ListByDay         = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/OrdersByDate"], conditions = [] }
    ListEvents        = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/EventsByTenantAndTime"], conditions = [] }
    ListOutbox        = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/OutboxPending"], conditions = [] }
    PutOrders         = { actions = ["dynamodb:PutItem"], resources = [local.table], conditions = local.writes_only.orders }
    ChangeOrders      = { actions = ["dynamodb:UpdateItem"], resources = [local.table], conditions = local.writes_only.orders }
    # Batches of what PutOrders and ChangeOrders do one by one; DynamoDB checks the partition of each statement.
    SettleEvents = {
      actions = ["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"], resources = [local.table], conditions = local.writes_only.orders
    }
    ChangeMails = { actions = ["dynamodb:UpdateItem"], resources = [local.table], conditions = local.writes_only.mails }
    ChangeSuppressions = {
      actions = ["dynamodb:UpdateItem"], resources = [local.table], conditions = local.writes_only.suppressions
    }

    PublishEvents = {
      actions   = ["events:PutEvents"]
      resources = [local.bus]
      conditions = [
        { test = "StringEquals", variable = "events:source", values = [var.topology.events.source] },
      ]
    }

    ReadDocuments  = { actions = ["s3:GetObject"], resources = ["${local.documents}/*"], conditions = [] }
    WriteDocuments = { actions = ["s3:PutObject"], resources = ["${local.documents}/*"], conditions = [] }
    # Without it S3 answers 403 for a key that is not there, and a missing document could not be told from a ban.
    SeeDocuments          = { actions = ["s3:ListBucket"], resources = [local.documents], conditions = [] }
    ListDocumentVersions  = { actions = ["s3:ListBucketVersions"], resources = local.every_documents, conditions = [] }
    EraseDocumentVersions = { actions = ["s3:DeleteObjectVersion"], resources = [for bucket in local.every_documents : "${bucket}/*"], conditions = [] }
    TagDocuments          = { actions = ["s3:PutObjectTagging"], resources = ["${local.documents}/*"], conditions = [] }
    # Writes them anew as they are, with tags by which they go.
    DateDocuments = {
      # By the version where there are versions.
      actions    = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:PutObject", "s3:PutObjectTagging"]
      resources  = [for bucket in local.every_documents : "${bucket}/*"]
      conditions = []
    }
    ReadTemplates = { actions = ["s3:GetObject"], resources = ["${local.templates}/*"], conditions = [] }
    SeeTemplates  = { actions = ["s3:ListBucket"], resources = [local.templates], conditions = [] }

    SendMails = {
      # SES asks for both: the identity that a mail is from, and the configuration set it goes by.
      actions   = ["ses:SendRawEmail"]
      resources = concat(["${local.prefix}:ses:${local.here}:identity/${var.mail.identity}"], local.configuration_sets)
      conditions = [
        { test = "StringEquals", variable = "ses:FromAddress", values = [var.mail.from_address] },
      ]
    }
    # SES knows no resource for it.
    ReadMailQuota = { actions = ["ses:GetSendQuota"], resources = ["*"], conditions = [] }
    # Nor does CloudWatch for its metrics: `orders top`.
    ReadFigures = { actions = ["cloudwatch:GetMetricData"], resources = ["*"], conditions = [] }
  }

  # What AWS does in a task's name: sidecars and keys. No code of ours calls these.
  sidecar_statements = {
    DeliverLogs = {
      actions    = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      resources  = [local.log_groups, "${local.log_groups}:log-stream:*"]
      conditions = []
    }
    ReadSidecarConfiguration = {
      actions    = ["s3:GetObject"]
      resources  = ["${local.prefix}:s3:::${var.bucket_names.configuration}/*"]
      conditions = []
    }
    LocateSidecarConfiguration = {
      actions    = ["s3:GetBucketLocation"]
      resources  = ["${local.prefix}:s3:::${var.bucket_names.configuration}"]
      conditions = []
    }
    # X-Ray knows no resources for them.
    SendTraces = {
      actions    = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources  = ["*"]
      conditions = []
    }
  }

  # A key is not known before it is made: its alias is.
  key_statements = {
    for name, alias in var.key_aliases : "Use${title(name)}Key" => {
      actions = name == "table" ? [
        "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey",
        ] : (
        name == "buckets" ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      )
      resources = ["${local.prefix}:kms:${local.here}:key/*"]
      conditions = [
        { test = "ForAnyValue:StringEquals", variable = "kms:ResourceAliases", values = [alias] },
        {
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = ["${ { table = "dynamodb", buckets = "s3", secrets = "secretsmanager" }[name]}.${local.region}.amazonaws.com"]
        },
      ]
    } if contains(["table", "buckets", "secrets"], name)
  }

  # Copies of documents in the other region are encrypted by its key of the same alias.
  other_key_statements = {
    for name, alias in var.key_aliases : "UseOther${title(name)}Key" => {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["${local.prefix}:kms:${var.other_region}:${local.account}:key/*"]
      conditions = [
        { test = "ForAnyValue:StringEquals", variable = "kms:ResourceAliases", values = [alias] },
        { test = "StringEquals", variable = "kms:ViaService", values = ["s3.${var.other_region}.amazonaws.com"] },
      ]
    } if name == "buckets" && var.other_region != null
  }
}
