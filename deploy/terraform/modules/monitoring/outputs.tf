output "rollback_alarms" {
  description = "Names of the alarms that end a release. Whoever takes them waits until they look at the revision that comes."
  value       = [for alarm in aws_cloudwatch_metric_alarm.release : alarm.alarm_name]
}
