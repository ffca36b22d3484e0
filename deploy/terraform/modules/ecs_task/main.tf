data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
}

resource "aws_ecs_task_definition" "this" {
  family                   = "bbws-orders-${var.role}-${var.environment}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory_mib
  task_role_arn            = var.task_role_arn
  execution_role_arn       = var.execution_role_arn
  # An earlier revision is what a roll-back needs.
  skip_destroy = true

  runtime_platform {
    cpu_architecture        = var.architecture
    operating_system_family = "LINUX"
  }

  volume {
    name = "log-buffer"
  }

  container_definitions = jsonencode(concat([local.process, local.router], local.collector))

  lifecycle {
    precondition {
      condition     = local.process_memory >= 256
      error_message = "A task of ${var.size.memory_mib} MiB leaves ${local.process_memory} MiB to the process of ${var.role}; it needs 256."
    }
  }
}

