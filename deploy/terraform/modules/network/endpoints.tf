locals {
  # What an endpoint's service is called, where that is not its own name. The SES API is `email`; `email-smtp` carries
  # SMTP alone, not the calls that the service makes.
  services = { ses = "email" }
  # What its actions begin with, likewise.
  prefixes = { "ecr.api" = "ecr", "ecr.dkr" = "ecr", monitoring = "cloudwatch" }

  present_endpoints   = setsubtract(var.endpoints, var.absent_endpoints)
  gateway_endpoints   = setintersection(local.present_endpoints, ["s3", "dynamodb"])
  interface_endpoints = setsubtract(local.present_endpoints, ["s3", "dynamodb"])
}

# What may pass an endpoint, not what is granted: a key of another account, brought in by whoever breaks in, takes no
# data out this way.
data "aws_iam_policy_document" "endpoint" {
  for_each = local.present_endpoints

  statement {
    sid       = "OnlyThisAccount"
    actions   = ["${lookup(local.prefixes, each.key, each.key)}:*"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }

  # ECR hands out addresses in a bucket of AWS, signed by AWS: layers of images come from there.
  dynamic "statement" {
    for_each = each.key == "s3" ? [true] : []

    content {
      sid       = "LayersOfImages"
      actions   = ["s3:GetObject"]
      resources = ["arn:${local.partition}:s3:::prod-${local.region}-starport-layer-bucket/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = local.gateway_endpoints

  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.endpoint[each.key].json

  tags = { Name = "${var.name_prefix}-${each.key}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.region}.${lookup(local.services, each.key, each.key)}"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints["this"].id]
  policy              = data.aws_iam_policy_document.endpoint[each.key].json

  tags = { Name = "${var.name_prefix}-${each.key}" }
}

resource "aws_security_group" "endpoints" {
  #checkov:skip=CKV2_AWS_5:the interface endpoints wear it; the check does not see through for_each
  for_each = length(local.interface_endpoints) > 0 ? toset(["this"]) : toset([])

  name        = "bbws-endpoints-${var.environment}"
  description = "Interface endpoints: HTTPS from inside the VPC"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name_prefix}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each = aws_security_group.endpoints

  security_group_id = each.value.id
  description       = "HTTPS from inside the VPC"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = var.cidr
}
