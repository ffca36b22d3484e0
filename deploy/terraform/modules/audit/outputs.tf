output "bucket" {
  description = "Name and ARN of the audit bucket; null where there is none."
  value       = local.has_bucket ? { name = local.name, arn = "${local.s3}${local.name}" } : null
}

output "trail_arn" {
  description = "ARN of the trail; null where there is none."
  value       = local.has_trail ? local.trail_arn : null
}

# Known before it is made; who uses it waits for it.
output "config_role_arn" {
  description = "Role of AWS Config, which an account has once: what the other region's recorder takes."
  value       = local.config_role
  depends_on  = [aws_iam_service_linked_role.config]
}

output "detector_id" {
  description = "GuardDuty's detector; null where there is none."
  value       = local.watches ? aws_guardduty_detector.this[0].id : null
}

output "isolation_security_group_id" {
  description = "Group that a suspected task is put into; null without automated response."
  value       = local.responds ? aws_security_group.isolation[0].id : null
}

output "page_rule_arns" {
  description = "Rules that publish to page_topic_arn: the topic's policy must let events.amazonaws.com in from them. Known before they are made."
  value       = concat(local.watches ? [local.rule_arns.threats] : [], local.responds ? [local.rule_arns.isolated] : [])
}

output "key_policy_json" {
  description = "Statements that kms_key_arn's policy needs beside the account's own. Known before the key is made."
  value       = data.aws_iam_policy_document.key.json
}

output "rules" {
  description = "Names of the rules of AWS Config that the region has."
  value       = sort(keys(local.config_rules))
}

output "left_out_rules" {
  description = "Names of the rules that would be there if the region had them."
  value       = var.config ? sort([for name in keys(local.wanted) : name if contains(local.absent, name)]) : []
}
