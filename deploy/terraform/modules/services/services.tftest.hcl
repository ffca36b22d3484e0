# What is planned of each role is held by the plans of the environments (tests/terraform); here is what is refused.

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
  topology    = yamldecode(file("../../../../src/orders/topology.yaml"))
  sizes = {
    api      = { min = 2, max = 4, cpu = 512, memory_mib = 1024 }
    worker   = { min = 1, max = 2, cpu = 256, memory_mib = 512 }
    relay    = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
    notifier = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
  }
  image = {
    repository     = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/bbws-orders"
    repository_arn = "arn:aws:ecr:eu-west-1:111122223333:repository/bbws-orders"
    digest         = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  }
  sidecar_images       = { log_router = "router:1", collector = "collector:1" }
  architecture         = "ARM64"
  stop_timeout_seconds = 30
  spot                 = true
  container_insights   = true
  network              = { vpc_id = "vpc-1", cidr = "10.1.0.0/16", subnet_ids = ["subnet-1", "subnet-2"] }
  load_balancer = {
    security_group_id   = "sg-1"
    production_rule_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/a/1/2/3"
    test_rule_arn       = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/a/1/2/4"
    target_groups = {
      blue  = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/blue/1" }
      green = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/green/1" }
    }
  }
  release         = { strategy = "linear", step_percent = 10, step_minutes = 5, bake_minutes = 15, abort_after_minutes = 75 }
  rollback_alarms = []
  bucket_names    = { orders = "documents-sit", templates = "templates-sit" }
  logs            = { level = "INFO", pii = "masked", retention_days = 30, audit_days = 365 }
  tracing         = false
  secrets         = { source = "secrets-manager", prefix = "bbws-orders/sit" }
  rate_limit      = { requests_per_second = 100, burst = 200, api_key_required = false }
  mail            = { identity = "kimmyai.io", from = "noreply@kimmyai.io", per_second = 1, per_day = 200 }
  auth            = { issuer = "https://issuer.example", audiences = ["portal"] }
  people          = ["arn:aws:iam::111122223333:role/people"]
  mfa             = true
}

run "each_role_runs" {
  command = plan

  assert {
    condition     = length(module.service) == 8 && length(module.task) == 8
    error_message = "The API, the relay and six workers run."
  }
}

run "a_size_is_missing" {
  command = plan

  variables {
    sizes = { api = { min = 2, max = 4, cpu = 512, memory_mib = 1024 } }
  }

  expect_failures = [var.sizes]
}

run "fargate_has_no_such_task" {
  command = plan

  variables {
    sizes = {
      api      = { min = 2, max = 4, cpu = 512, memory_mib = 512 }
      worker   = { min = 1, max = 2, cpu = 256, memory_mib = 512 }
      relay    = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
      notifier = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
    }
  }

  expect_failures = [var.sizes]
}

run "least_is_above_most" {
  command = plan

  variables {
    sizes = {
      api      = { min = 5, max = 4, cpu = 512, memory_mib = 1024 }
      worker   = { min = 1, max = 2, cpu = 256, memory_mib = 512 }
      relay    = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
      notifier = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
    }
  }

  expect_failures = [var.sizes]
}

run "a_tag_moves" {
  command = plan

  variables {
    image = { repository = "repository", repository_arn = "arn:aws:ecr:eu-west-1:111122223333:repository/a", digest = "latest" }
  }

  expect_failures = [var.image]
}

run "only_dev_logs_in_clear" {
  command = plan

  variables {
    logs = { level = "INFO", pii = "clear", retention_days = 30, audit_days = 365 }
  }

  expect_failures = [var.logs]
}

run "secrets_are_somewhere_known" {
  command = plan

  variables {
    secrets = { source = "vault", prefix = "bbws-orders/sit" }
  }

  expect_failures = [var.secrets]
}

run "an_issuer_speaks_https" {
  command = plan

  variables {
    auth = { issuer = "http://issuer.example", audiences = ["portal"] }
  }

  expect_failures = [var.auth]
}
