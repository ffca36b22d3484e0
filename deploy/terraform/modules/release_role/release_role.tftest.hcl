# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

variables {
  environment          = "prod"
  repository           = "bbws/bbws-orders"
  environments         = ["prod-tech-lead", "prod-product-owner"]
  regions              = ["af-south-1", "eu-west-1", "us-east-1"]
  protected            = true
  image_source_account = "210987654321"
  control_table_name   = "bbws-orders-control-prod"
}

run "production" {
  command = plan

  assert {
    condition     = aws_iam_role.this.name == "github-2-bbws-order-lambda-prod" && aws_iam_role.this.max_session_duration == 7200
    error_message = "The role keeps its name; a session lasts two hours."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    error_message = "Tokens must be made for AWS."
  }
  assert {
    condition     = toset(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]) == toset(["repo:bbws/bbws-orders:environment:prod-tech-lead", "repo:bbws/bbws-orders:environment:prod-product-owner"])
    error_message = "Only workflows in the approved environments take the role: the whole subject is compared."
  }
  assert {
    condition     = alltrue([for policy in aws_iam_policy.this : length(policy.policy) <= 6144]) && length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "A policy has 6,144 characters at most."
  }
  assert {
    condition     = length(aws_iam_policy.this) <= 10 && alltrue([for key, policy in aws_iam_policy.this : policy.name == "bbws-release-${key}-prod"])
    error_message = "A role has ten policies at most, and their names end in the environment."
  }
  assert {
    condition     = output.boundary_arn == "arn:aws:iam::123456789012:policy/bbws-boundary-prod" && aws_iam_policy.boundary.name == "bbws-boundary-prod"
    error_message = "The boundary is known before it is made."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.this["identity"].policy).Statement :
      statement.Condition.StringEquals["iam:PermissionsBoundary"] == output.boundary_arn && statement.Resource == "arn:aws:iam::123456789012:role/bbws-*"
      if contains(flatten([statement.Action]), "iam:CreateRole") || contains(flatten([statement.Action]), "iam:PutRolePolicy") || contains(flatten([statement.Action]), "iam:AttachRolePolicy")
    ])
    error_message = "Roles are made and given rights under the boundary only."
  }
  assert {
    condition = alltrue([
      for statement in flatten([for policy in aws_iam_policy.this : jsondecode(policy.policy).Statement]) :
      can(statement.Condition.StringEquals["iam:PassedToService"]) && statement.Resource != "*"
      if contains(flatten([statement.Action]), "iam:PassRole")
    ])
    error_message = "Roles are lent to named services only."
  }
  assert {
    condition = alltrue([
      for action in flatten([for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"]]) :
      !contains(["*", "iam:*", "s3:*", "dynamodb:*", "kms:*", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "logs:GetLogEvents", "s3:GetObject*", "dynamodb:Get*"], action)
    ])
    error_message = "No service is allowed as a whole, and nothing that reads secrets, messages, log lines or any object."
  }
  assert {
    condition = toset(flatten([
      for policy in aws_iam_policy.this : [
        for statement in jsondecode(policy.policy).Statement : statement.Resource
        if statement.Effect == "Allow" && length(setintersection(toset(flatten([statement.Action])), ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"])) > 0
      ]
    ])) == toset(["arn:aws:dynamodb:*:123456789012:table/terraform-locks-prod", "arn:aws:dynamodb:*:123456789012:table/bbws-orders-control-prod"])
    error_message = "Items are read and written of locks, and of who writes: not of orders."
  }
  assert {
    condition = alltrue([
      for action in ["dynamodb:DeleteTable", "dynamodb:DeleteResourcePolicy", "s3:DeleteBucket", "kms:ScheduleKeyDeletion", "backup:DeleteRecoveryPoint", "backup:DeleteBackupVault*", "cloudtrail:StopLogging", "guardduty:DeleteDetector", "ecr:BatchDeleteImage"] :
      contains(flatten([for statement in jsondecode(aws_iam_policy.this["never"].policy).Statement : statement.Action if statement.Effect == "Deny" && statement.Resource == "*"]), action)
    ])
    error_message = "What can't be taken back is denied."
  }
  assert {
    condition = toset(one([for statement in jsondecode(aws_iam_policy.this["never"].policy).Statement : statement.Resource if statement.Sid == "Objects"])) == toset([
      for name in ["audit-*", "email-templates-*", "orders-prod*"] : "arn:aws:s3:::bbws-${name}"
    ])
    error_message = "Documents, profiles and the trail are not deleted by a release."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_iam_policy.this["data"].policy).Statement : statement.Resource if contains(flatten([statement.Action]), "s3:DeleteObject")
    ]) == "arn:aws:s3:::bbws-orders-sidecars-prod*/*"
    error_message = "Objects are put and replaced of the sidecars' configuration alone."
  }
  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_policy.this["never"].policy).Statement : statement.Action if statement.Sid == "Items"]), "dynamodb:DeleteItem")
    error_message = "Items of our tables are not deleted by a release."
  }
  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_policy.this["never"].policy).Statement : statement.Resource if statement.Sid == "OwnRights"]), "arn:aws:iam::123456789012:policy/bbws-boundary-*")
    error_message = "A release can't change the boundary."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.this["network"].policy).Statement :
      statement.Condition.Null["route53:ChangeResourceRecordSetsNormalizedRecordNames"] == "false"
      if can(statement.Condition["ForAllValues:StringLike"])
    ])
    error_message = "A condition on all values has a check beside it that there is one."
  }
  assert {
    condition     = length(aws_iam_role_policies_exclusive.this.policy_names) == 0
    error_message = "What the role was given before goes."
  }
}

run "development" {
  command = plan

  variables {
    environment          = "dev"
    environments         = ["dev"]
    regions              = ["eu-west-1"]
    protected            = false
    image_source_account = null
    control_table_name   = null
  }

  assert {
    condition     = !strcontains(aws_iam_policy.this["never"].policy, "dynamodb:DeleteTable") && strcontains(aws_iam_policy.this["data"].policy, "dynamodb:DeleteTable")
    error_message = "In dev what was made can be destroyed."
  }
  assert {
    condition     = strcontains(aws_iam_policy.this["never"].policy, "bbws-terraform-state-dev") && strcontains(aws_iam_policy.this["never"].policy, "OwnRights")
    error_message = "State and the role's own rights are out of reach in dev too."
  }
  assert {
    condition     = !strcontains(aws_iam_policy.this["state"].policy, "PullImagesToPromote") && !strcontains(aws_iam_policy.this["state"].policy, "FirstItemOfWhoWrites")
    error_message = "Images are built here, and there is no table of who writes."
  }
}

run "replicas_are_filled_for_one_apply" {
  command = plan

  variables {
    create_replicas = true
  }

  assert {
    condition     = strcontains(aws_iam_policy.this["data"].policy, "FillReplicas") && !strcontains(aws_iam_policy.this["never"].policy, "dynamodb:BatchWriteItem")
    error_message = "To add a replica AWS wants the rights to fill it."
  }
}

run "no_wildcard_in_the_repository" {
  command = plan

  variables {
    repository = "bbws/*"
  }

  expect_failures = [var.repository]
}

run "no_wildcard_in_an_environment" {
  command = plan

  variables {
    environments = ["prod-*"]
  }

  expect_failures = [var.environments]
}

run "somebody_approves" {
  command = plan

  variables {
    environments = []
  }

  expect_failures = [var.environments]
}

run "regions_are_named" {
  command = plan

  variables {
    regions = ["*"]
  }

  expect_failures = [var.regions]
}

run "images_come_from_an_account" {
  command = plan

  variables {
    image_source_account = "dev"
  }

  expect_failures = [var.image_source_account]
}
