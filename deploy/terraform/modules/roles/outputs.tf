output "task_role_arns" {
  description = "ARN of each task role."
  value       = { for role, each in aws_iam_role.task : role => each.arn }
  # A role without its rights is of no use: whoever takes it waits for them, and is gone before they are.
  depends_on = [aws_iam_role_policy.task]
}

output "execution_role_arns" {
  description = "ARN of each role by which ECS starts tasks."
  value       = { for role, each in aws_iam_role.execution : role => each.arn }
  depends_on  = [aws_iam_role_policy.execution]
}

output "unique_ids" {
  description = "Unique id of each task role and of the operator: what SQS calls the sender of a message begins with it."
  value = merge(
    { for role, each in aws_iam_role.task : role => each.unique_id },
    { for role, each in aws_iam_role.people : role => each.unique_id },
  )
}

output "load_balancer_role_arn" {
  description = "Role by which ECS changes listener rules."
  value       = aws_iam_role.load_balancers.arn
  depends_on  = [aws_iam_role_policy_attachment.load_balancers]
}

output "erasing_role_arn" {
  description = "The one role that may remove versions of documents."
  value       = "${local.prefix}:iam::${local.account}:role/bbws-orders-${var.environment}-event-processor-${local.region}"
}

output "role_names" {
  description = "Names of each role of the image: the task's, and the one by which ECS starts it; known in a plan."
  value = {
    for role in keys(local.grants) : role => [
      "bbws-orders-${var.environment}-${role}-${local.region}", "bbws-orders-${var.environment}-${role}-execution-${local.region}",
    ]
  }
}
