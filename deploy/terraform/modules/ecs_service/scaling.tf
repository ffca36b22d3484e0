locals {
  scales     = var.size.max > var.size.min
  dimensions = { ClusterName = var.cluster.name, ServiceName = local.name }
}

resource "aws_appautoscaling_target" "this" {
  count = local.scales ? 1 : 0

  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.size.min
  max_capacity       = var.size.max
}

resource "aws_appautoscaling_policy" "cpu" {
  count = local.scales && var.scaling.cpu_percent != null ? 1 : 0

  name               = "${local.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.scaling.cpu_percent
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# What there is of something for each running task: requests, by the service's own count (the load balancer keeps it by
# target group, and a release changes the group), or a queue's messages.
locals {
  amounts = {
    requests = {
      id        = "requests", target = var.scaling.requests_per_task, stat = "Sum"
      namespace = var.metrics_namespace, name = "requests", dimensions = { service = "bbws-orders-${var.role}" }
    }
    messages = {
      id        = "waiting", target = var.scaling.messages_per_task, stat = "Average"
      namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.scaling.queue }
    }
  }
}

resource "aws_appautoscaling_policy" "per_task" {
  for_each = { for kind, amount in local.amounts : kind => amount if local.scales && amount.target != null }

  name               = "${local.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    customized_metric_specification {
      dynamic "metrics" {
        for_each = {
          (each.value.id) = each.value
          tasks = {
            stat = "Average", namespace = "ECS/ContainerInsights", name = "RunningTaskCount", dimensions = local.dimensions
          }
        }

        content {
          id          = metrics.key
          return_data = false

          metric_stat {
            stat = metrics.value.stat

            metric {
              namespace   = metrics.value.namespace
              metric_name = metrics.value.name

              dynamic "dimensions" {
                for_each = metrics.value.dimensions

                content {
                  name  = dimensions.key
                  value = dimensions.value
                }
              }
            }
          }
        }
      }

      # What isn't measured counts as none (FILL): tasks are taken away only when all policies agree, and one without
      # data never does.
      metrics {
        id          = "per_task"
        expression  = "FILL(${each.value.id}, 0) / FILL(tasks, 1)"
        return_data = true
      }
    }
  }
}

# What an alarm calls: a third more tasks at once, while the policies above catch up.
resource "aws_appautoscaling_policy" "crowd" {
  count = local.scales && var.takes_requests ? 1 : 0

  name               = "${local.name}-crowd"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type          = "PercentChangeInCapacity"
    min_adjustment_magnitude = 1
    metric_aggregation_type  = "Average"
    cooldown                 = 120

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = 33
    }
  }
}
