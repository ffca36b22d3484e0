locals {
  # Exactly these: whatever else begins with /health goes through all rules.
  health_expression = "^(${join("|", var.health_paths)})$"
  # As the service reads a path: a slash at the end changes nothing, * stands for one segment.
  operator_expression = "^(${join("|", [for path in var.operator_paths : replace(replace(path, ".", "\\."), "*", "[^/]+")])})/?$"
}

resource "aws_wafv2_ip_set" "operators" {
  for_each = length(var.operator_paths) > 0 ? toset(["operators"]) : toset([])

  name               = "bbws-orders-operators-${var.environment}"
  description        = "Addresses that operators work from"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = var.operator_cidrs
}
