# ECS shifts traffic between two target groups in the service's name: it changes listener rules and registers targets.
data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "load_balancers" {
  name                 = "bbws-orders-${var.environment}-load-balancers-${local.region}"
  description          = "What ECS does with listeners and target groups in a release."
  assume_role_policy   = data.aws_iam_policy_document.ecs.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy_attachment" "load_balancers" {
  role       = aws_iam_role.load_balancers.name
  policy_arn = "${local.prefix}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}
