# An object's attribute that no variable declares is dropped by Terraform without a word: a misspelt figure would leave
# its default. So a root hands its figures over twice, and what the typed variables did not keep is refused.

variable "given" {
  description = "The untyped variables of a root, by name, as they were given: figures, network, release, callers, services; null for no check."
  type        = any
  default     = null
}

locals {
  kept = { figures = var.figures, network = var.network, release = var.release, callers = var.callers, services = var.services }

  # Names down to the fourth part, such as figures.tasks.api.cpu.
  names = {
    for which, variables in { given = var.given, kept = local.kept } : which => try(flatten([
      for variable, value in variables : try([
        for key, inner in value : concat(["${variable}.${key}"], try([
          for second, innermost in inner : concat(["${variable}.${key}.${second}"], try([
            for third in keys(innermost) : "${variable}.${key}.${second}.${third}"
          ], []))
        ], []))
      ], [])
    ]), [])
  }
  unknown = sort(setsubtract(local.names.given, local.names.kept))
}

output "unknown_names" {
  description = "Names that were given and nothing reads: none."
  value       = local.unknown

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "Nothing reads ${join(", ", local.unknown)}: the names are those of the variables of modules/region."
  }
}
