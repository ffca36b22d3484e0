# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

override_data {
  target = data.aws_availability_zones.available
  values = { names = ["af-south-1a", "af-south-1b", "af-south-1c"] }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bbws-boundary-test"

  environment     = "prod"
  vpc_name        = "bbws-prod-vpc-primary"
  name_prefix     = "bbws-prod-vpc-primary"
  cidr            = "10.2.0.0/16"
  zones           = 3
  public_subnets  = ["10.2.1.0/24", "10.2.2.0/24", "10.2.3.0/24"]
  private_subnets = ["10.2.10.0/24", "10.2.11.0/24", "10.2.12.0/24"]
  nat_gateways    = 3
  endpoints       = ["s3", "dynamodb", "sqs", "sns", "ses"]
  flow_log_days   = 90
  encrypted_logs  = true
  kms_key_arn     = "arn:aws:kms:af-south-1:123456789012:key/1"
}

run "production" {
  command = plan

  assert {
    condition     = aws_vpc.this.cidr_block == "10.2.0.0/16" && aws_vpc.this.tags.Name == "bbws-prod-vpc-primary" && aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "The VPC has its range, its name, and DNS for private names of endpoints."
  }
  assert {
    condition = { for key, subnet in aws_subnet.public : subnet.tags.Name => [subnet.availability_zone, subnet.cidr_block] } == {
      "bbws-prod-vpc-primary-public-1a" = ["af-south-1a", "10.2.1.0/24"]
      "bbws-prod-vpc-primary-public-1b" = ["af-south-1b", "10.2.2.0/24"]
      "bbws-prod-vpc-primary-public-1c" = ["af-south-1c", "10.2.3.0/24"]
    }
    error_message = "There is a public subnet in each zone."
  }
  assert {
    condition = { for key, subnet in aws_subnet.private : subnet.tags.Name => [subnet.availability_zone, subnet.cidr_block] } == {
      "bbws-prod-vpc-primary-private-1a" = ["af-south-1a", "10.2.10.0/24"]
      "bbws-prod-vpc-primary-private-1b" = ["af-south-1b", "10.2.11.0/24"]
      "bbws-prod-vpc-primary-private-1c" = ["af-south-1c", "10.2.12.0/24"]
    }
    error_message = "There is a private subnet in each zone."
  }
  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : !subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address by standing somewhere."
  }
  assert {
    condition     = local.nat_of_zone == { "1a" = "1a", "1b" = "1b", "1c" = "1c" } && { for suffix, gateway in aws_nat_gateway.this : suffix => gateway.tags.Name } == { for suffix in ["1a", "1b", "1c"] : suffix => "bbws-prod-vpc-primary-nat-${suffix}" }
    error_message = "Each zone has a NAT gateway of its own."
  }
  assert {
    condition     = aws_route.internet.destination_cidr_block == "0.0.0.0/0" && alltrue([for route in aws_route.nat : route.destination_cidr_block == "0.0.0.0/0"])
    error_message = "What is not in the VPC leaves by the internet gateway, and from private subnets by NAT."
  }
  assert {
    condition     = { for name, endpoint in aws_vpc_endpoint.gateway : name => [endpoint.service_name, endpoint.vpc_endpoint_type] } == { for name in ["s3", "dynamodb"] : name => ["com.amazonaws.af-south-1.${name}", "Gateway"] }
    error_message = "S3 and DynamoDB have gateway endpoints."
  }
  assert {
    condition = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.service_name } == {
      sqs = "com.amazonaws.af-south-1.sqs"
      sns = "com.amazonaws.af-south-1.sns"
      ses = "com.amazonaws.af-south-1.email"
    } && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled && endpoint.vpc_endpoint_type == "Interface"])
    error_message = "The others have interface endpoints with private DNS; that of SES carries API calls."
  }
  assert {
    condition     = { for rule in aws_vpc_security_group_ingress_rule.endpoints : rule.cidr_ipv4 => [rule.ip_protocol, rule.from_port, rule.to_port] } == { "10.2.0.0/16" = ["tcp", 443, 443] }
    error_message = "Only the VPC reaches the interface endpoints, on 443."
  }
  assert {
    condition = alltrue([
      for endpoint in concat(values(aws_vpc_endpoint.gateway), values(aws_vpc_endpoint.interface)) : anytrue([
        for statement in jsondecode(endpoint.policy).Statement :
        statement.Sid == "OnlyThisAccount" && try(statement.Condition.StringEquals["aws:PrincipalAccount"], "") == "123456789012"
      ])
    ])
    error_message = "Every endpoint lets only principals of this account pass."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_vpc_endpoint.gateway["s3"].policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "LayersOfImages"
    ] == [["s3:GetObject", "arn:aws:s3:::prod-af-south-1-starport-layer-bucket/*"]] && length(jsondecode(aws_vpc_endpoint.gateway["dynamodb"].policy).Statement) == 1
    error_message = "Layers of images come from a bucket of AWS, and nothing else."
  }
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow_logs.retention_in_days == 90 && aws_cloudwatch_log_group.flow_logs.kms_key_id == "arn:aws:kms:af-south-1:123456789012:key/1"
    error_message = "All traffic is logged for 90 days, encrypted by the key."
  }
  assert {
    condition     = aws_iam_role.flow_logs.name == "bbws-flow-logs-prod-af-south-1" && alltrue([for statement in jsondecode(aws_iam_role_policy.flow_logs.policy).Statement : statement.Resource != "*"])
    error_message = "The role's name ends in the region, and it writes nothing else."
  }
}

run "development" {
  command = plan

  variables {
    environment     = "dev"
    vpc_name        = "bbws-cpp-dev-vpc"
    name_prefix     = "bbws-cpp-dev-vpc"
    cidr            = "10.0.0.0/16"
    public_subnets  = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
    private_subnets = ["10.0.10.0/24", "10.0.11.0/24", "10.0.12.0/24"]
    nat_gateways    = 1
    endpoints       = []
    flow_log_days   = 7
    encrypted_logs  = false
    kms_key_arn     = null
  }

  assert {
    condition     = local.nat_of_zone == { "1a" = "1a", "1b" = "1a", "1c" = "1a" } && length(output.nat_ips) == 1
    error_message = "All zones share one NAT gateway."
  }
  assert {
    condition     = length(aws_vpc_endpoint.gateway) + length(aws_vpc_endpoint.interface) + length(aws_security_group.endpoints) == 0
    error_message = "There are no endpoints, and no security group for them."
  }
  assert {
    condition     = aws_cloudwatch_log_group.flow_logs.kms_key_id == null && aws_cloudwatch_log_group.flow_logs.retention_in_days == 7
    error_message = "Flow logs are kept for 7 days, encrypted by CloudWatch."
  }
}

run "the_last_of_fewer_gateways_serves_the_rest" {
  command = plan

  variables {
    nat_gateways = 2
  }

  assert {
    condition     = local.nat_of_zone == { "1a" = "1a", "1b" = "1b", "1c" = "1b" }
    error_message = "The third zone uses the second gateway."
  }
}

run "absent_endpoints_are_left_out" {
  command = plan

  variables {
    absent_endpoints = ["ses"]
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sns", "sqs"])
    error_message = "SES has no endpoint here."
  }
}

run "subnets_do_not_overlap" {
  command = plan

  variables {
    private_subnets = ["10.2.10.0/24", "10.2.11.0/24", "10.2.3.128/25"]
  }

  expect_failures = [aws_vpc.this]
}

run "the_same_subnet_is_not_given_twice" {
  command = plan

  variables {
    public_subnets = ["10.2.1.0/24", "10.2.1.0/24", "10.2.3.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "subnets_lie_inside_the_vpc" {
  command = plan

  variables {
    public_subnets = ["10.2.1.0/24", "10.2.2.0/24", "10.3.3.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "each_zone_has_its_subnets" {
  command = plan

  variables {
    public_subnets = ["10.2.1.0/24", "10.2.2.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "there_are_no_more_gateways_than_zones" {
  command = plan

  variables {
    nat_gateways = 4
  }

  expect_failures = [aws_vpc.this]
}

run "there_are_no_more_zones_than_the_region_has" {
  command = plan

  variables {
    zones           = 4
    public_subnets  = ["10.2.1.0/24", "10.2.2.0/24", "10.2.3.0/24", "10.2.4.0/24"]
    private_subnets = ["10.2.10.0/24", "10.2.11.0/24", "10.2.12.0/24", "10.2.13.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "ranges_are_ranges" {
  command = plan

  variables {
    cidr            = "10.2.0.1/16"
    public_subnets  = ["10.2.1.0", "10.2.2.0/24", "10.2.3.0/24"]
    private_subnets = ["10.2.10.0/24", "10.2.11.0/33", "10.2.12.0/24"]
  }

  expect_failures = [var.cidr, var.public_subnets, var.private_subnets]
}

run "a_vpc_has_bounds" {
  command = plan

  variables {
    cidr = "10.0.0.0/8"
  }

  expect_failures = [var.cidr]
}

run "wrong_values_are_refused" {
  command = plan

  variables {
    environment   = "test"
    zones         = 1
    nat_gateways  = 0
    endpoints     = ["smtp"]
    flow_log_days = 100
  }

  expect_failures = [var.environment, var.zones, var.nat_gateways, var.endpoints, var.flow_log_days]
}
