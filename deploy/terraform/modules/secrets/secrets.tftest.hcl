# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  environment         = "prod"
  names               = ["cursor-keys", "api-keys", "order-senders"]
  values              = { order-senders = "AROA1=shop_a" }
  encryption          = "customer-managed"
  kms_key_arn         = "arn:aws:kms:af-south-1:123456789012:key/1"
  recovery_days       = 30
  replica_region      = "eu-west-1"
  replica_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/2"
  rotated             = true
  rotation_days       = 30
  rotation = {
    cluster_name      = "orders-prod"
    family            = "orders-rotation-prod"
    container         = "service"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    role_names        = ["orders-rotation-task", "orders-rotation-execution"]
  }
  alert_topic_arn = "arn:aws:sns:af-south-1:123456789012:alerts"
}

run "a_failed_renewal_is_told" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_target.failed[0].arn == var.alert_topic_arn
    error_message = "The topic of alerts is told."
  }
  assert {
    condition = alltrue([
      for detail in [jsondecode(aws_cloudwatch_event_rule.failed[0].event_pattern).detail] : alltrue([
        endswith(detail.taskDefinitionArn[0].prefix, ":task-definition/orders-rotation-prod:"),
        detail.lastStatus[0] == "STOPPED",
        detail["$or"][0].stopCode[0] == "TaskFailedToStart",
        detail["$or"][1].containers.exitCode[0]["anything-but"][0] == 0,
      ])
    ])
    error_message = "Of the rotation's tasks alone: one that did not start, and one that ended with an error."
  }
}

run "production" {
  command = plan

  assert {
    condition     = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }["cursor-keys"] == "bbws-orders/prod/cursor-keys" && length(aws_secretsmanager_secret.this) == 3
    error_message = "Names have the environment in them."
  }
  assert {
    condition = alltrue([
      for secret in aws_secretsmanager_secret.this :
      secret.kms_key_id == "arn:aws:kms:af-south-1:123456789012:key/1" && secret.recovery_window_in_days == 30 && one(secret.replica).region == "eu-west-1" && one(secret.replica).kms_key_id == "arn:aws:kms:eu-west-1:123456789012:key/2"
    ])
    error_message = "Each secret is encrypted by a key of ours, copied to the other region with its key, and can be brought back for 30 days."
  }
  assert {
    condition     = keys(aws_secretsmanager_secret_version.this) == ["order-senders"] && aws_secretsmanager_secret_version.this["order-senders"].secret_string == "AROA1=shop_a"
    error_message = "Only values that are no secrets are written."
  }
  assert {
    condition     = output.arn_patterns["api-keys"] == "arn:aws:secretsmanager:af-south-1:${data.aws_caller_identity.current.account_id}:secret:bbws-orders/prod/api-keys-??????" && output.replica_arn_patterns["api-keys"] == "arn:aws:secretsmanager:eu-west-1:${data.aws_caller_identity.current.account_id}:secret:bbws-orders/prod/api-keys-??????"
    error_message = "Patterns of ARNs are known in a plan."
  }
}

run "nobody_else_reads_them" {
  command = plan

  assert {
    condition = alltrue([
      for policy in aws_secretsmanager_secret_policy.this : alltrue([
        policy.block_public_policy,
        [for statement in jsondecode(policy.policy).Statement : "${statement.Effect} ${statement.Sid}"] == ["Deny NobodyWithoutTls", "Deny NoOtherAccount"],
        jsondecode(policy.policy).Statement[1].Condition.StringNotEquals["aws:PrincipalAccount"] == data.aws_caller_identity.current.account_id,
      ])
    ])
    error_message = "Calls without TLS and of other accounts are refused."
  }
}

run "the_cursor_key_is_renewed" {
  command = plan

  assert {
    condition     = one(aws_scheduler_schedule.cursor_keys).schedule_expression == "rate(30 days)" && one(one(aws_scheduler_schedule.cursor_keys).flexible_time_window).mode == "OFF"
    error_message = "The key is renewed every 30 days."
  }
  assert {
    condition = alltrue([
      one(one(aws_scheduler_schedule.cursor_keys).target).arn == "arn:aws:ecs:af-south-1:${data.aws_caller_identity.current.account_id}:cluster/orders-prod",
      one(one(one(aws_scheduler_schedule.cursor_keys).target).ecs_parameters).task_definition_arn == "arn:aws:ecs:af-south-1:${data.aws_caller_identity.current.account_id}:task-definition/orders-rotation-prod",
      one(one(one(aws_scheduler_schedule.cursor_keys).target).ecs_parameters).launch_type == "FARGATE",
      one(one(one(one(aws_scheduler_schedule.cursor_keys).target).ecs_parameters).network_configuration).assign_public_ip == false,
      jsondecode(one(one(aws_scheduler_schedule.cursor_keys).target).input).containerOverrides == [{ name = "service", command = ["keys", "rotate", "cursor", "--json"] }],
    ])
    error_message = "A task of our image runs the command, on a private network."
  }
}

run "the_scheduler_may_run_that_task_only" {
  command = plan

  assert {
    condition     = one(aws_iam_role.scheduler).name == "bbws-orders-rotation-prod-af-south-1"
    error_message = "The role's name ends in its region."
  }
  assert {
    condition = {
      for statement in jsondecode(one(aws_iam_role_policy.scheduler).policy).Statement : statement.Sid => join(" ", concat([statement.Action], sort(flatten([statement.Resource])), flatten(values(statement.Condition)[*][keys(values(statement.Condition)[0])[0]])))
      } == {
      RunRotationTask = "ecs:RunTask arn:aws:ecs:af-south-1:${data.aws_caller_identity.current.account_id}:task-definition/orders-rotation-prod arn:aws:ecs:af-south-1:${data.aws_caller_identity.current.account_id}:task-definition/orders-rotation-prod:* arn:aws:ecs:af-south-1:${data.aws_caller_identity.current.account_id}:cluster/orders-prod"
      PassRolesOfTask = "iam:PassRole arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/orders-rotation-execution arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/orders-rotation-task ecs-tasks.amazonaws.com"
    }
    error_message = "It runs that family in that cluster, and passes its two roles to ECS."
  }
  assert {
    condition     = one(jsondecode(one(aws_iam_role.scheduler).assume_role_policy).Statement).Condition.ArnEquals["aws:SourceArn"] == "arn:aws:scheduler:af-south-1:${data.aws_caller_identity.current.account_id}:schedule-group/bbws-orders-rotation-prod"
    error_message = "Only schedules of this group use the role."
  }
}

run "pre_production" {
  command = plan

  variables {
    environment         = "sit"
    encryption          = "aws-managed"
    kms_key_arn         = null
    replica_region      = null
    replica_kms_key_arn = null
    rotated             = false
    rotation            = null
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == null && length(secret.replica) == 0]) && length(aws_scheduler_schedule.cursor_keys) + length(aws_iam_role.scheduler) + length(aws_scheduler_schedule_group.this) == 0
    error_message = "One region, AWS's key, and no rotation."
  }
  assert {
    condition     = output.replica_arn_patterns == {} && output.full_names["api-keys"] == "bbws-orders/sit/api-keys"
    error_message = "There are no copies."
  }
}

run "a_task_definition_with_its_own_command" {
  command = plan

  variables {
    rotation_days = 1
    rotation = {
      cluster_name      = "orders-prod"
      family            = "orders-rotation-prod"
      subnet_ids        = ["subnet-1"]
      security_group_id = "sg-1"
      role_names        = ["orders-rotation-task"]
    }
  }

  assert {
    condition     = one(one(aws_scheduler_schedule.cursor_keys).target).input == null && one(aws_scheduler_schedule.cursor_keys).schedule_expression == "rate(1 day)"
    error_message = "Nothing is overridden, and one day is said in the singular, as Scheduler wants it."
  }
}

run "a_secret_does_not_stand_in_the_state" {
  command = plan

  variables {
    values = { api-keys = "{}" }
  }

  expect_failures = [aws_secretsmanager_secret_version.this]
}

run "what_is_rotated_is_there" {
  command = plan

  variables {
    names  = ["api-keys"]
    values = {}
  }

  expect_failures = [aws_scheduler_schedule.cursor_keys]
}

run "a_name_does_not_look_like_the_end_of_an_arn" {
  command = plan

  variables {
    names  = ["api-secret"]
    values = {}
  }

  expect_failures = [var.names]
}

run "names_are_plain" {
  command = plan

  variables {
    names  = ["API_KEYS"]
    values = {}
  }

  expect_failures = [var.names]
}

run "encryption_is_one_of_two" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "recovery_is_bounded" {
  command = plan

  variables {
    recovery_days = 0
  }

  expect_failures = [var.recovery_days]
}

run "rotation_is_bounded" {
  command = plan

  variables {
    rotation_days = 0
  }

  expect_failures = [var.rotation_days]
}

run "a_task_has_roles" {
  command = plan

  variables {
    rotation = {
      cluster_name      = "orders-prod"
      family            = "orders-rotation-prod"
      subnet_ids        = ["subnet-1"]
      security_group_id = "sg-1"
      role_names        = []
    }
  }

  expect_failures = [var.rotation]
}
