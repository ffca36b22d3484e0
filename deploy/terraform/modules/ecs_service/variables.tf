variable "environment" {
  description = "Environment, part of every resource's name."
  type        = string

  validation {
    condition     = contains(["dev", "sit", "prod"], var.environment)
    error_message = "environment must be dev, sit or prod."
  }
}

variable "role" {
  description = "Role of the image that runs: api, relay or a worker's name; part of the names."
  type        = string
}

variable "cluster" {
  description = "Name and ARN of the cluster."
  type        = object({ name = string, arn = string })
}

variable "size" {
  description = "How many tasks there are at least and at most."
  type        = object({ min = number, max = number })

  validation {
    condition     = var.size.min >= 1 && var.size.max >= var.size.min
    error_message = "size: min must be at least 1, and max not below it."
  }
}

variable "subnet_ids" {
  description = "Private subnets, one in each zone."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the tasks."
  type        = string
}

variable "spot" {
  description = "Runs on spare capacity that AWS may take back after two minutes' notice."
  type        = bool
  default     = false
}

variable "grace_seconds" {
  description = "Time that a new task has before the load balancer's opinion counts."
  type        = number
  default     = 60

  validation {
    condition     = var.grace_seconds >= 60
    error_message = "grace_seconds must be at least 60: a task that is still starting would be replaced."
  }
}

variable "load_balancer" {
  description = "Target groups and listener rules that ECS shifts traffic with, and its role for that; null for what takes no requests."
  type = object({
    target_group_arn           = string
    alternate_target_group_arn = string
    production_rule_arn        = string
    test_rule_arn              = string
    role_arn                   = string
  })
  default = null
}

variable "takes_requests" {
  description = "True with a load_balancer: said here because its parts are not known before they are made."
  type        = bool
  default     = false
}

variable "release" {
  description = "How a new revision takes over requests: linear in steps, or all-at-once; minutes of baking, and the time after which a release is given up."
  type = object({
    strategy            = string
    step_percent        = optional(number)
    step_minutes        = optional(number)
    bake_minutes        = number
    abort_after_minutes = number
  })
  default = null

  validation {
    condition     = var.release == null ? true : contains(["linear", "all-at-once"], var.release.strategy)
    error_message = "release: strategy must be linear or all-at-once."
  }

  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
  validation {
    condition = try(var.release.strategy, "") != "linear" ? true : try(
      var.release.step_percent >= 3 && var.release.step_percent <= 100 && var.release.step_minutes >= 0 && var.release.step_minutes <= 1440, false
    )
    error_message = "release: linear steps have 3 to 100 percent and 0 to 1440 minutes."
  }
}

variable "rollback_alarms" {
  description = "Names of the alarms that end a release and bring the revision before back."
  type        = list(string)
  default     = []
}

variable "scaling" {
  description = "What tasks are added for: average CPU in percent, requests a minute for each task (the service's own metric), waiting messages for each task. Null for none."
  type = object({
    cpu_percent       = optional(number)
    requests_per_task = optional(number)
    messages_per_task = optional(number)
    queue             = optional(string)
  })
  default = {}
}

variable "metrics_namespace" {
  description = "Namespace of the service's own metrics."
  type        = string
  default     = "BBWS/Orders"
}

variable "task_definition_arn" {
  description = "What runs, with its revision: another one is a release."
  type        = string
}

variable "container_port" {
  description = "Port that the process listens on."
  type        = number
  default     = 8080
}

variable "container" {
  description = "Name of the container that takes requests."
  type        = string
  default     = "orders"
}
