locals {
  name = "bbws-orders-${var.role}-${var.environment}"
}

# Tasks are counted by autoscaling from the first day on: what it has set is left alone.
resource "aws_ecs_service" "this" {
  name            = local.name
  cluster         = var.cluster.arn
  task_definition = var.task_definition_arn
  desired_count   = var.size.min

  platform_version              = "LATEST"
  enable_execute_command        = false
  enable_ecs_managed_tags       = true
  propagate_tags                = "SERVICE"
  availability_zone_rebalancing = "ENABLED"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.takes_requests ? var.grace_seconds : null

  # An apply ends when the release has: after baking, or after everything was brought back, which fails it.
  wait_for_steady_state = true
  sigint_rollback       = true

  capacity_provider_strategy {
    capacity_provider = var.spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  deployment_controller {
    type = "ECS"
  }

  dynamic "load_balancer" {
    for_each = var.takes_requests ? [true] : []

    content {
      target_group_arn = var.load_balancer.target_group_arn
      container_name   = var.container
      container_port   = var.container_port

      advanced_configuration {
        alternate_target_group_arn = var.load_balancer.alternate_target_group_arn
        production_listener_rule   = var.load_balancer.production_rule_arn
        test_listener_rule         = var.load_balancer.test_rule_arn
        role_arn                   = var.load_balancer.role_arn
      }
    }
  }

  # Requests move to a new revision in steps; alarms bring them back.
  dynamic "deployment_configuration" {
    for_each = var.takes_requests ? [var.release] : []

    content {
      strategy             = deployment_configuration.value.strategy == "linear" ? "LINEAR" : "BLUE_GREEN"
      bake_time_in_minutes = deployment_configuration.value.bake_minutes

      dynamic "linear_configuration" {
        for_each = deployment_configuration.value.strategy == "linear" ? [true] : []

        content {
          step_percent              = deployment_configuration.value.step_percent
          step_bake_time_in_minutes = deployment_configuration.value.step_minutes
        }
      }
    }
  }

  dynamic "alarms" {
    for_each = var.takes_requests && length(var.rollback_alarms) > 0 ? [true] : []

    content {
      alarm_names = var.rollback_alarms
      enable      = true
      rollback    = true
    }
  }

  # For rolling releases only: a worker that doesn't start is taken back.
  dynamic "deployment_circuit_breaker" {
    for_each = var.takes_requests ? [] : [true]

    content {
      enable   = true
      rollback = true
    }
  }

  timeouts {
    update = "${try(var.release.abort_after_minutes, 20)}m"
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}
