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

variable "command" {
  description = "Arguments of the image's entry point, such as [\"worker\", \"pdf-creator\"]."
  type        = list(string)
}

variable "image" {
  description = "Image with its digest: what was tested is what runs."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in a digest, @sha256: and 64 hexadecimal digits: tags move."
  }
}

variable "architecture" {
  description = "Processor: ARM64 or X86_64."
  type        = string

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture must be ARM64 or X86_64."
  }
}

variable "size" {
  description = "Processor units (1024 are one) and memory of a task."
  type        = object({ cpu = number, memory_mib = number })

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  validation {
    condition = contains(lookup({
      "256"  = [512, 1024, 2048]
      "512"  = [for gib in range(1, 5) : gib * 1024]
      "1024" = [for gib in range(2, 9) : gib * 1024]
      "2048" = [for gib in range(4, 17) : gib * 1024]
      "4096" = [for gib in range(8, 31) : gib * 1024]
    }, tostring(var.size.cpu), []), var.size.memory_mib)
    error_message = "size: Fargate has no tasks of ${var.size.cpu} units with ${var.size.memory_mib} MiB; 256 units go with 512, 1024 or 2048 MiB, 512 with 1 to 4 GiB, 1024 with 2 to 8 GiB."
  }
}

variable "settings" {
  description = "Settings of the process: environment variables, by name."
  type        = map(string)
}

variable "secrets" {
  description = "Settings that ECS reads from Secrets Manager at a task's start: ARNs, by variable."
  type        = map(string)
  default     = {}
}

variable "task_role_arn" {
  description = "What the process may do."
  type        = string
}

variable "execution_role_arn" {
  description = "What ECS does to start tasks."
  type        = string
}

variable "log_groups" {
  description = "Names of the log groups of the process, of audit records, of sidecars and of metrics."
  type        = object({ process = string, audit = string, sidecars = string, metrics = string })
}

variable "log_router" {
  description = "Image of Fluent Bit, and the ARN of its configuration in S3."
  type        = object({ image = string, configuration_arn = string })
}

variable "collector" {
  description = "Image and configuration of the OpenTelemetry collector, and the share of traces that are kept; null where nothing is traced."
  type        = object({ image = string, configuration = string, trace_share = optional(number, 1) })
  default     = null
}

variable "stop_timeout_seconds" {
  description = "Time that a process has to end before it is killed; Fargate allows 120 s."
  type        = number

  validation {
    condition     = var.stop_timeout_seconds >= 30 && var.stop_timeout_seconds <= 120
    error_message = "stop_timeout_seconds must be from 30 to 120: work in flight takes up to 25 s, and Fargate waits 120 s at most."
  }
}

variable "container_port" {
  description = "Port that the process listens on; null for one that takes no requests."
  type        = number
  default     = null
}

variable "metrics_namespace" {
  description = "Namespace of the service's own metrics."
  type        = string
  default     = "BBWS/Orders"
}

variable "health_check" {
  description = "Asks the process for its health: services are, a task that ends by itself isn't."
  type        = bool
  default     = true
}
