output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "What metrics call the load balancer."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Name that alias records lead to."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Zone of that name, which alias records need."
  value       = aws_lb.this.zone_id
}

output "security_group_id" {
  description = "Security group of the load balancer: the only one that tasks take requests from."
  value       = aws_security_group.this.id
}

output "https_listener_arn" {
  description = "ARN of the API's listener."
  value       = aws_lb_listener.https.arn
}

output "production_rule_arn" {
  description = "Rule whose weights ECS shifts."
  value       = aws_lb_listener_rule.this["production"].arn
}

output "test_rule_arn" {
  description = "The same of the test listener."
  value       = aws_lb_listener_rule.this["test"].arn
}

output "test_port" {
  description = "Port of the test listener."
  value       = local.test_port
}

output "target_groups" {
  description = "ARN, name and what metrics call each target group: blue, green."
  value       = { for color, group in aws_lb_target_group.this : color => { arn = group.arn, name = group.name, arn_suffix = group.arn_suffix } }
}
