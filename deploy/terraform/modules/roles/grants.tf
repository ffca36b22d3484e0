# Who may do what: one row for each role. A worker has its own queue besides.
locals {
  grants = {
    api = [
      "FindQueues", "ProbeQueues", "SendOrders", "SendDocumentRequests",
      "ReadItems", "ReadHistory", "ListOrders", "PutOrders", "ChangeOrders", "SettleEvents", "PublishEvents", "EnterErasures",
      "ReadDocuments", "SeeDocuments", "ReadTemplates", "SeeTemplates",
    ]
    relay = [
      "FindQueues", "SendOrders", "ReadItems", "ListOutbox", "PutOrders", "ChangeOrders", "SettleEvents", "PublishEvents",
    ]
    record-creator = [
      "FindQueues", "ReadItems", "ReadHistory", "PutOrders", "ChangeOrders", "SettleEvents", "PublishEvents", "ReadTemplates", "SeeTemplates",
    ]
    pdf-creator = [
      "FindQueues", "ReadItems", "PutOrders", "ChangeOrders", "SettleEvents", "PublishEvents",
      "WriteDocuments", "TagDocuments", "ReadDocuments", "SeeDocuments", "ReadTemplates", "SeeTemplates",
    ]
    internal-notifier = [
      "FindQueues", "FindRuleDeadLetters", "LookAtDeadLetters", "ReadItems", "ChangeMails",
      "ReadTemplates", "SeeTemplates", "SendMails", "ReadMailQuota",
    ]
    customer-notifier = [
      "FindQueues", "SendDocumentRequests", "ReadItems", "ChangeMails",
      "ReadDocuments", "SeeDocuments", "ReadTemplates", "SeeTemplates", "SendMails", "ReadMailQuota",
    ]
    # Its task also replays the ledger of erasures after a restore: no other role may delete versions.
    event-processor = [
      "FindQueues", "FindRuleDeadLetters", "SearchDeadLetters", "RemoveDeadLetters",
      "ReadItems", "ReadHistory", "PutOrders", "ChangeOrders", "SettleEvents", "ChangeMails", "PublishEvents",
      "EnterErasures", "ReadErasures",
      "SeeDocuments", "ListDocumentVersions", "EraseDocumentVersions", "DateDocuments",
    ]
    mail-feedback = [
      "FindQueues", "ReadItems", "ChangeMails", "ChangeSuppressions",
    ]
    # Renews the secret that seals cursors: a scheduled task.
    key-rotation = []
  }

  workers = toset([for queue in var.topology.queues : queue.worker])

  # Workers read their queue, put back what has to wait, and set aside what cannot be handled.
  own_queue = {
    for worker in local.workers : worker => {
      OwnQueue = {
        actions    = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"]
        resources  = [local.queues[worker]]
        conditions = []
      }
      OwnDeadLetterQueue = {
        actions    = ["sqs:SendMessage"]
        resources  = [local.dead_letter_queues[worker]]
        conditions = []
      }
    }
  }

  read_secrets = {
    for role, secrets in var.secrets : role => {
      ReadSecrets = {
        actions    = ["secretsmanager:GetSecretValue"]
        resources  = [for name in secrets.read : "${local.secret_arn}${name}-??????"]
        conditions = []
      }
    } if length(secrets.read) > 0
  }

  rotate_secrets = {
    RotateCursorKey = {
      actions    = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
      resources  = ["${local.secret_arn}cursor-keys-??????"]
      conditions = []
    }
  }

  control_statements = var.control_table == null ? {} : {
    ReadWritersLease = {
      actions = ["dynamodb:GetItem"]
      resources = [
        for region in var.control_table.regions :
        "${local.prefix}:dynamodb:${region}:${local.account}:table/${var.control_table.name}"
      ]
      conditions = []
    }
  }
  holds_the_lease = setsubtract(keys(local.grants), ["key-rotation"])

  role_statements = {
    for role, names in local.grants : role => merge(
      { for name in names : name => local.statements[name] },
      lookup(local.own_queue, role, {}),
      lookup(local.read_secrets, role, {}),
      role == "key-rotation" ? local.rotate_secrets : {},
      contains(local.holds_the_lease, role) ? local.control_statements : {},
      role == "event-processor" ? local.other_key_statements : {},
      local.sidecar_statements,
      { for name, key in local.key_statements : name => key if contains(local.keys_of[role], name) },
    )
  }

  # A key goes with what it encrypts.
  keys_of = {
    for role, names in local.grants : role => concat(
      anytrue([for name in names : contains(["ReadItems", "ReadHistory"], name)]) ? ["UseTableKey"] : [],
      anytrue([for name in names : contains(["ReadDocuments", "WriteDocuments", "DateDocuments", "ReadTemplates"], name)]) ? ["UseBucketsKey"] : [],
      try(length(var.secrets[role].read), 0) > 0 || role == "key-rotation" ? ["UseSecretsKey"] : [],
    )
  }
}
