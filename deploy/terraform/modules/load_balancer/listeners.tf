locals {
  no_service = { title = "Service Unavailable", status = 503 }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

# Its rule takes every path: the default is reached only while there is no rule.
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = local.tls_policies[var.tls_policy]
  certificate_arn   = var.certificate_arn

  routing_http_response_server_enabled = false

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode(local.no_service)
      status_code  = "503"
    }
  }
}

# A release is tried here before it gets traffic.
resource "aws_lb_listener" "test" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.test_port
  protocol          = "HTTPS"
  ssl_policy        = local.tls_policies[var.tls_policy]
  certificate_arn   = var.certificate_arn

  routing_http_response_server_enabled = false

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = jsonencode(local.no_service)
      status_code  = "503"
    }
  }
}

# ECS shifts traffic by rewriting the weights: from the first release on they are its own, and another apply must not
# send everybody back to the revision of before.
resource "aws_lb_listener_rule" "this" {
  for_each = {
    production = aws_lb_listener.https.arn
    test       = aws_lb_listener.test.arn
  }

  listener_arn = each.value
  priority     = 1

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.this["blue"].arn
        weight = 1
      }

      target_group {
        arn    = aws_lb_target_group.this["green"].arn
        weight = 0
      }
    }
  }

  lifecycle {
    ignore_changes = [action]
  }
}
