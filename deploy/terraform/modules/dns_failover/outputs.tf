output "health_check_ids" {
  description = "Health check of each region: primary, failover; null where it is not watched."
  value       = { for key in ["primary", "failover"] : key => try(aws_route53_health_check.this[key].id, null) }

  # Rules that need more than one variable can't stand beside a variable before Terraform 1.9.
  precondition {
    condition     = length(setsubtract(local.names, keys(var.zone_ids))) == 0
    error_message = "zone_ids must have the zone of each name; it lacks: ${join(", ", setsubtract(local.names, keys(var.zone_ids)))}."
  }

  precondition {
    condition     = !local.two_regions || length(local.own_names) == 2
    error_message = "primary and failover must both have a domain of their own: health checks ask a region by its own name."
  }

  precondition {
    condition     = length(distinct(values(local.own_names))) == length(local.own_names) && length(setintersection(var.domains, values(local.own_names))) == 0
    error_message = "The domains of primary and failover must differ from each other and from domains: the name that fails over is never watched."
  }
}

output "topic_arn" {
  description = "Topic in us-east-1 that says when a region fails; null where nothing is watched."
  value       = try(aws_sns_topic.this["page"].arn, null)
}

output "alarm_names" {
  description = "Names of the alarms in us-east-1."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]
}
