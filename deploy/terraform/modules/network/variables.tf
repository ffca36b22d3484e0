variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "vpc_name" {
  description = "Name of the VPC."
  type        = string
}

variable "name_prefix" {
  description = "What the names of subnets, NAT gateways and route tables begin with: PREFIX-public-1a, PREFIX-private-1a, PREFIX-nat-1a."
  type        = string
}

variable "cidr" {
  description = "IPv4 range of the VPC."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(cidrsubnet(var.cidr, 0, 0) == var.cidr, false)
    error_message = "cidr must be an IPv4 range without host bits, such as 10.2.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 28, true)
    error_message = "cidr must have a prefix from /16 to /28, the bounds of a VPC."
  }
}

variable "zones" {
  description = "Number of availability zones."
  type        = number
  default     = 3

  validation {
    condition     = var.zones >= 2 && var.zones <= 6 && floor(var.zones) == var.zones
    error_message = "zones must be a whole number from 2 to 6: a load balancer needs two."
  }
}

variable "public_subnets" {
  description = "IPv4 ranges of the public subnets, one for each zone."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.public_subnets : can(cidrnetmask(cidr)) && try(cidrsubnet(cidr, 0, 0) == cidr, false)])
    error_message = "public_subnets must be IPv4 ranges without host bits, such as 10.2.1.0/24."
  }
}

variable "private_subnets" {
  description = "IPv4 ranges of the private subnets, one for each zone."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.private_subnets : can(cidrnetmask(cidr)) && try(cidrsubnet(cidr, 0, 0) == cidr, false)])
    error_message = "private_subnets must be IPv4 ranges without host bits, such as 10.2.10.0/24."
  }
}

variable "nat_gateways" {
  description = "Number of NAT gateways, from 1 to the number of zones; zones beyond it use the last one."
  type        = number

  validation {
    condition     = var.nat_gateways >= 1 && floor(var.nat_gateways) == var.nat_gateways
    error_message = "nat_gateways must be a whole number, at least 1: images and other services are reached through it."
  }
}

variable "endpoints" {
  description = "AWS services that are reached without leaving the VPC."
  type        = set(string)

  validation {
    condition = length(setsubtract(var.endpoints, [
      "s3", "dynamodb", "sqs", "sns", "ses", "events", "kms", "secretsmanager", "sts", "logs", "monitoring", "xray", "ecr.api", "ecr.dkr",
    ])) == 0
    error_message = "endpoints must be among s3, dynamodb, sqs, sns, ses, events, kms, secretsmanager, sts, logs, monitoring, xray, ecr.api and ecr.dkr."
  }
}

variable "absent_endpoints" {
  description = "Those of endpoints that AWS does not offer in this region: left out, so that their traffic leaves by NAT."
  type        = set(string)
  default     = []
}

variable "flow_log_days" {
  description = "Days that flow logs are kept."
  type        = number

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_days
    )
    error_message = "flow_log_days must be a retention that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "encrypted_logs" {
  description = "Encrypts flow logs by kms_key_arn: said here because the key is not known before it is made."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "Key of the flow logs; its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles that are made here: a release can make no role without it; see the module release_role."
  type        = string
}
