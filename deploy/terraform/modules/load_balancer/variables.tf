variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "name" {
  description = "What the names of load balancer and target groups begin with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name must be at most 20 lower-case letters, digits and hyphens, and not begin with internal-: AWS allows 32 with what follows."
  }
}

variable "vpc_id" {
  description = "VPC of the target groups."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC: where targets are, and who may test by default."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range such as 10.2.0.0/16."
  }
}

variable "subnet_ids" {
  description = "Public subnets, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name subnets in two zones or more."
  }
}

variable "certificate_arn" {
  description = "Certificate of the listeners, issued."
  type        = string
}

variable "tls_policy" {
  description = "TLS that clients may speak: \"1.2\" (at least) or \"1.3 preferred, 1.2 floor\"."
  type        = string

  validation {
    condition     = contains(["1.2", "1.3 preferred, 1.2 floor"], var.tls_policy)
    error_message = "tls_policy must be \"1.2\" or \"1.3 preferred, 1.2 floor\": Route 53's health checkers need 1.2."
  }
}

variable "deletion_protection" {
  description = "Refuses to remove the load balancer, and a bucket that holds logs."
  type        = bool
}

variable "access_logs" {
  description = "Logs each request to a bucket."
  type        = bool
}

variable "access_log_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90

  validation {
    condition     = var.access_log_days >= 1 && floor(var.access_log_days) == var.access_log_days
    error_message = "access_log_days must be a whole number of days, at least 1."
  }
}

variable "container_port" {
  description = "Port that the service listens on."
  type        = number
  default     = 8080

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535
    error_message = "container_port must be a port, from 1 to 65535."
  }
}

variable "health_path" {
  description = "What the load balancer asks to see that a task serves."
  type        = string
  default     = "/health/live"

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "health_path must be a path, such as /health/live."
  }
}

variable "stop_timeout_seconds" {
  description = "Seconds that a task has to finish its requests before it is killed; requests in flight get as long."
  type        = number
  default     = 30

  validation {
    condition     = var.stop_timeout_seconds >= 0 && var.stop_timeout_seconds <= 120
    error_message = "stop_timeout_seconds must be from 0 to 120, the bounds of Fargate."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may reach the API."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs must be IPv4 ranges, such as 0.0.0.0/0."
  }
}

variable "test_cidrs" {
  description = "IPv4 ranges that may reach the test listener; the VPC's own where nothing is said."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for cidr in coalesce(var.test_cidrs, []) : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) > 0, false)])
    error_message = "test_cidrs must be IPv4 ranges and not the whole internet: what is under test is not for everybody."
  }
}
