output "web_acl_arn" {
  description = "ARN of the firewall's rules."
  value       = aws_wafv2_web_acl.this.arn
}

output "name" {
  description = "What metrics call the firewall."
  value       = aws_wafv2_web_acl.this.name
}
