mock_provider "aws" {}

variables {
  environment         = "prod"
  role                = "api"
  cluster             = { name = "bbws-orders-prod", arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/bbws-orders-prod" }
  task_definition_arn = "arn:aws:ecs:eu-west-1:111122223333:task-definition/bbws-orders-api-prod:1"
  size                = { min = 6, max = 50 }
  subnet_ids          = ["subnet-1", "subnet-2", "subnet-3"]
  security_group_id   = "sg-1"
  takes_requests      = true
  load_balancer = {
    target_group_arn           = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/blue/1"
    alternate_target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/green/1"
    production_rule_arn        = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/x/1/2/3"
    test_rule_arn              = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/x/1/2/4"
    role_arn                   = "arn:aws:iam::111122223333:role/load-balancers"
  }
  release         = { strategy = "linear", step_percent = 10, step_minutes = 5, bake_minutes = 15, abort_after_minutes = 75 }
  rollback_alarms = ["errors"]
  scaling         = { cpu_percent = 60, requests_per_task = 3000 }
}

run "the_api_is_released_in_steps" {
  command = plan

  assert {
    condition = (
      aws_ecs_service.this.deployment_configuration[0].strategy == "LINEAR" &&
      aws_ecs_service.this.deployment_configuration[0].bake_time_in_minutes == "15" &&
      aws_ecs_service.this.deployment_configuration[0].linear_configuration[0].step_percent == 10 &&
      aws_ecs_service.this.deployment_configuration[0].linear_configuration[0].step_bake_time_in_minutes == "5"
    )
    error_message = "Ten percent every five minutes, and fifteen of baking."
  }

  assert {
    condition     = aws_ecs_service.this.alarms[0].rollback && length(aws_ecs_service.this.deployment_circuit_breaker) == 0
    error_message = "Alarms bring the old revision back; the circuit breaker is for rolling releases."
  }

  assert {
    condition     = aws_ecs_service.this.health_check_grace_period_seconds == 60 && aws_ecs_service.this.timeouts.update == "75m"
    error_message = "A new task has 60 s, and a release 75 minutes."
  }

  assert {
    condition     = aws_appautoscaling_target.this[0].min_capacity == 6 && aws_appautoscaling_target.this[0].max_capacity == 50
    error_message = "There are 6 to 50 tasks."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.cpu) == 1 && keys(aws_appautoscaling_policy.per_task) == ["requests"]
    error_message = "The API scales by processor and by requests."
  }

  assert {
    condition     = one([for metric in aws_appautoscaling_policy.per_task["requests"].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics : metric.expression if metric.return_data]) == "FILL(requests, 0) / FILL(tasks, 1)"
    error_message = "Requests that nobody counts keep no tasks."
  }
}

run "the_failover_region_changes_at_once" {
  command = plan

  variables {
    release = { strategy = "all-at-once", bake_minutes = 15, abort_after_minutes = 75 }
  }

  assert {
    condition     = aws_ecs_service.this.deployment_configuration[0].strategy == "BLUE_GREEN" && length(aws_ecs_service.this.deployment_configuration[0].linear_configuration) == 0
    error_message = "Requests move at once."
  }
}

run "a_worker_rolls" {
  command = plan

  variables {
    role            = "pdf-creator"
    takes_requests  = false
    load_balancer   = null
    release         = null
    rollback_alarms = []
    spot            = true
    scaling         = { messages_per_task = 20, queue = "bbws-order-pdf-creation-prod" }
  }

  assert {
    condition = (
      aws_ecs_service.this.deployment_circuit_breaker[0].rollback && length(aws_ecs_service.this.deployment_configuration) == 0 &&
      length(aws_ecs_service.this.load_balancer) == 0
    )
    error_message = "A worker that doesn't start is taken back."
  }

  assert {
    condition     = aws_ecs_service.this.wait_for_steady_state && aws_ecs_service.this.timeouts.update == "20m"
    error_message = "An apply does not end before a worker's release has, and waits 20 minutes for it."
  }

  assert {
    condition     = one(aws_ecs_service.this.capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "It runs on spare capacity."
  }

  assert {
    condition     = aws_appautoscaling_policy.per_task["messages"].target_tracking_scaling_policy_configuration[0].target_value == 20
    error_message = "It scales by messages for each task."
  }

  assert {
    condition     = one([for metric in aws_appautoscaling_policy.per_task["messages"].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics : metric.expression if metric.return_data]) == "FILL(waiting, 0) / FILL(tasks, 1)"
    error_message = "An idle queue's missing figures keep no tasks."
  }
}

run "one_task_does_not_scale" {
  command = plan

  variables {
    size = { min = 1, max = 1 }
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) == 0
    error_message = "There is nothing to scale."
  }
}

run "no_such_strategy" {
  command = plan

  variables {
    release = { strategy = "canary", bake_minutes = 15, abort_after_minutes = 75 }
  }

  expect_failures = [var.release]
}

run "steps_too_small" {
  command = plan

  variables {
    release = { strategy = "linear", step_percent = 1, step_minutes = 5, bake_minutes = 15, abort_after_minutes = 75 }
  }

  expect_failures = [var.release]
}

run "too_short_a_grace" {
  command = plan

  variables {
    grace_seconds = 10
  }

  expect_failures = [var.grace_seconds]
}

run "more_at_least_than_at_most" {
  command = plan

  variables {
    size = { min = 3, max = 2 }
  }

  expect_failures = [var.size]
}
