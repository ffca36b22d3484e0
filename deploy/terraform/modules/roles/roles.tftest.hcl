mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  environment = "sit"
  topology = {
    queues = [
      for worker in ["record-creator", "pdf-creator", "internal-notifier", "customer-notifier", "event-processor", "mail-feedback"] :
      { name = "queue-${worker}", worker = worker }
    ]
    rules  = [{ dead_letter_queue = "rule-dlq" }]
    bus    = { name = "bus" }
    events = { source = "io.bbws.orders" }
  }
  table_name     = "orders-sit"
  bucket_names   = { orders = "documents-sit", templates = "templates-sit", configuration = "sidecars-sit" }
  mail           = { identity = "kimmyai.io", from_address = "noreply@kimmyai.io", configuration_set = "mails-sit" }
  secrets        = { api = { read = ["cursor-keys"] }, record-creator = { parameters = ["order-senders"] } }
  secret_prefix  = "bbws-orders/sit"
  repository_arn = "arn:aws:ecr:eu-west-1:111122223333:repository/bbws-orders"
  people         = ["arn:aws:iam::111122223333:role/people"]
  mfa            = true
}

run "each_role_has_its_grants" {
  command = plan

  assert {
    condition = toset(keys(aws_iam_role.task)) == toset([
      "api", "relay", "record-creator", "pdf-creator", "internal-notifier", "customer-notifier", "event-processor",
      "mail-feedback", "key-rotation",
    ])
    error_message = "There is a role for each role of the image, and one for the rotation of keys."
  }

  assert {
    condition     = alltrue([for role, each in aws_iam_role.task : each.name == "bbws-orders-sit-${role}-eu-west-1"])
    error_message = "Names of roles end in the region."
  }

  assert {
    condition     = [for role, names in local.grants : role if contains(names, "SendMails")] == ["customer-notifier", "internal-notifier"]
    error_message = "Only notifiers send mails."
  }

  assert {
    condition     = [for role, names in local.grants : role if contains(names, "EraseDocumentVersions")] == ["event-processor"]
    error_message = "Only the event-processor removes versions of documents."
  }

  assert {
    condition = alltrue([
      for role, names in local.grants : length(setintersection(names, ["PutOrders", "ChangeOrders", "SettleEvents"])) == 0
      if contains(["internal-notifier", "customer-notifier", "mail-feedback"], role)
    ])
    error_message = "Notifiers change no orders."
  }

  assert {
    condition = alltrue([
      for name, each in local.statements : contains([for condition in each.conditions : condition.test], "Null")
      if contains([for condition in each.conditions : condition.test], "ForAllValues:StringLike")
    ])
    error_message = "A Null check stands beside each ForAllValues."
  }

  assert {
    condition = alltrue(flatten([
      for name, each in local.statements : [for action in each.actions : !strcontains(action, "*") && !strcontains(action, "Delete") || contains(["sqs:DeleteMessage", "s3:DeleteObjectVersion"], action)]
    ]))
    error_message = "No action is a pattern, and nothing deletes but messages and documents' versions."
  }

  assert {
    condition     = length(local.key_statements) == 0 && length(local.control_statements) == 0
    error_message = "Without keys and a control table of our own nothing is granted on them."
  }
}

run "production_has_keys_and_a_lease" {
  command = plan

  variables {
    environment   = "prod"
    key_aliases   = { table = "alias/table", buckets = "alias/buckets", secrets = "alias/secrets" }
    control_table = { name = "control-prod", regions = ["eu-west-1", "eu-central-1"] }
  }

  assert {
    condition     = contains(keys(local.role_statements["api"]), "UseSecretsKey") && !contains(keys(local.role_statements["relay"]), "UseSecretsKey")
    error_message = "Only who reads secrets uses their key."
  }

  assert {
    condition = local.role_statements["relay"].ReadWritersLease.actions == ["dynamodb:GetItem"] && toset(local.role_statements["relay"].ReadWritersLease.resources) == toset([
      for region in ["eu-west-1", "eu-central-1"] : "${local.prefix}:dynamodb:${region}:${local.account}:table/control-prod"
    ])
    error_message = "The relay reads the control table in both of its regions."
  }
  assert {
    condition     = contains(keys(aws_iam_role.people), "region-switch")
    error_message = "With a control table there is a role that changes who writes."
  }
  assert {
    condition = alltrue([
      for each in local.people_grants["region-switch"] : alltrue([for arn in each.given.resources : !strcontains(arn, ":${local.here}:")])
      # One statement for each region of the control table, which this one can be among.
      if !startswith(each.sid, "SwitchWriter")
    ])
    error_message = "Who switches the writer works in both regions: a rehearsal publishes in either."
  }
}

run "a_workflow_rehearses_takeovers_from_its_environment" {
  command = plan

  variables {
    environment   = "prod"
    control_table = { name = "control-prod", regions = ["eu-west-1", "eu-central-1"] }
    drill         = { repository = "bbws/bbws-orders", environments = ["prod-drill"] }
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.people["region-switch"].statement :
      [for each in statement.condition : each.values if endswith(each.variable, ":sub")] if statement.sid == "RehearseByWorkflow"
    ] == [[tolist(["repo:bbws/bbws-orders:environment:prod-drill"])]]
    error_message = "One environment on GitHub, by its whole name."
  }
  assert {
    condition = alltrue([
      for role in ["operator", "reader"] :
      alltrue([for statement in data.aws_iam_policy_document.people[role].statement : statement.sid != "RehearseByWorkflow"])
    ])
    error_message = "No other role is a workflow's."
  }
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.people["region-switch"].statement :
      contains([for each in statement.condition : each.variable], "aws:MultiFactorAuthPresent") if statement.sid != "RehearseByWorkflow"
    ])
    error_message = "People still need a second factor."
  }
}

run "a_drill_names_its_environments" {
  command = plan

  variables {
    drill = { repository = "bbws/bbws-orders", environments = ["prod-*"] }
  }

  expect_failures = [var.drill]
}

run "keys_come_together" {
  command = plan

  variables {
    key_aliases = { table = "alias/table" }
  }

  expect_failures = [var.key_aliases]
}

run "the_agent_of_guardduty_is_pulled_where_it_is_on" {
  command = plan

  variables {
    runtime_monitoring = true
  }

  assert {
    condition = alltrue([
      for each in data.aws_iam_policy_document.execution : one([
        for statement in each.statement : one(statement.resources) if statement.sid == "PullAgentOfGuardDuty"
      ]) == "arn:aws:ecr:eu-west-1:*:repository/aws-guardduty-agent-fargate"
    ])
    error_message = "Its repository is AWS's, in this region."
  }
}

run "every_role_has_the_boundary" {
  command = plan

  assert {
    condition = alltrue([
      for role in concat(values(aws_iam_role.task), values(aws_iam_role.execution), values(aws_iam_role.people), [aws_iam_role.load_balancers]) :
      role.permissions_boundary == var.permissions_boundary_arn && startswith(role.name, "bbws-orders-")
    ])
    error_message = "A release can make no role without the boundary, nor of another name."
  }
}
