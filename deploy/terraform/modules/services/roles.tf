# The roles of the image: what each runs, how large, with which settings and secrets. One row each.
locals {
  sizes_of = {
    api               = "api"
    relay             = "relay"
    internal-notifier = "notifier"
    customer-notifier = "notifier"
  }
  workers = [for queue in var.topology.queues : queue.worker]
  roles   = concat(["api", "relay"], local.workers)
  # Tasks that end by themselves; who starts them stands in module secrets.
  scheduled = local.rotated ? ["key-rotation"] : []
  rotated   = var.secrets.source == "secrets-manager-rotated"

  queue_names = { for queue in var.topology.queues : queue.worker => "${queue.name}-${var.environment}" }
  commands = merge(
    { api = ["api"], relay = ["relay"], key-rotation = ["keys", "rotate", "cursor"] },
    { for worker in local.workers : worker => ["worker", worker] },
  )

  size = {
    for role in concat(local.roles, local.scheduled) : role =>
    contains(keys(var.sizes), role) ? var.sizes[role] : var.sizes[lookup(local.sizes_of, role, "worker")]
  }

  common = merge(
    {
      ENVIRONMENT = var.environment
      AWS_REGION  = local.region
      LOG_LEVEL   = var.logs.level
      REVISION    = var.image.digest
    },
    var.logs.pii == "clear" ? { LOG_PII = "true" } : {},
    var.table_name == null ? {} : { ORDERS_TABLE = var.table_name },
    var.control_table == null ? {} : {
      OTHER_REGION          = var.other_region
      CONTROL_TABLE         = var.control_table.name
      CONTROL_TABLE_REGIONS = join(",", var.control_table.regions)
    },
  )
  documents = var.failover_suffix == "" ? {} : { DOCUMENTS_BUCKET = var.bucket_names.orders }
  templates = var.failover_suffix == "" ? {} : { TEMPLATES_BUCKET = var.bucket_names.templates }

  services = merge([
    for name, service in var.services : service == null ? {} : { "${upper(name)}_URL" = service.url }
  ]...)

  settings = {
    api = merge(local.documents, local.templates, local.services, {
      AUTH_ISSUER           = var.auth.issuer
      AUTH_AUDIENCES        = join(",", var.auth.audiences)
      API_TASKS             = tostring(local.size["api"].min)
      FORWARDED_HOPS        = "1" # the load balancer
      RATE_LIMIT_PER_SECOND = tostring(var.rate_limit.requests_per_second)
      RATE_LIMIT_BURST      = tostring(var.rate_limit.burst)
      API_KEY_REQUIRED      = tostring(var.rate_limit.api_key_required)
      }, length(var.cors_origins) == 0 ? {} : { CORS_ORIGINS = join(",", var.cors_origins) },
      length(var.service_clients) == 0 ? {} : {
        SERVICE_CLIENTS = join(",", [for client, tenant in var.service_clients : "${client}=${tenant}"])
      },
      local.reads_secrets ? { CURSOR_KEYS_SECRET = "${var.secrets.prefix}/cursor-keys" } : {},
      local.reads_secrets && var.rate_limit.api_key_required ? { API_KEYS_SECRET = "${var.secrets.prefix}/api-keys" } : {},
    )
    relay          = {}
    record-creator = merge(local.templates, local.services)
    pdf-creator = merge(local.documents, local.templates, {
      PDF_PROCESSES  = tostring(local.pdf_processes)
      PDF_MEMORY_MIB = tostring(local.pdf_memory_mib)
    })
    internal-notifier = merge(local.templates, local.mail["internal-notifier"], local.staff)
    customer-notifier = merge(local.documents, local.templates, local.mail["customer-notifier"])
    event-processor   = local.documents
    mail-feedback     = {}
    key-rotation      = { CURSOR_KEYS_SECRET = "${var.secrets.prefix}/cursor-keys" }
  }

  # Rendering takes a processor: a process for each, and one where there is less than one.
  pdf_processes = max(1, floor(local.size["pdf-creator"].cpu / 1024) * 2)
  # Of the memory that sidecars and the parent leave.
  pdf_memory_mib = floor((local.size["pdf-creator"].memory_mib - 352) / local.pdf_processes)

  mail = {
    for role in ["internal-notifier", "customer-notifier"] : role => merge({
      MAIL_FROM        = var.mail.from
      MAIL_PER_SECOND  = tostring(var.mail.per_second)
      MAIL_DAILY_QUOTA = tostring(var.mail.per_day)
      MAIL_MAX_TASKS   = tostring(local.size[role].max)
    }, var.mail.configuration_set == null ? {} : { MAIL_CONFIGURATION_SET = var.mail.configuration_set })
  }
  staff = var.staff_address_fallback == null ? {} : { STAFF_ADDRESS_FALLBACK = var.staff_address_fallback }

  # Parameters that ECS reads into a process's environment: what a plan can't know (unique ids of roles), and in dev the
  # keys. Of Systems Manager, because a parameter's ARN is known from its name; a secret's ends in six random characters.
  reads_secrets = var.secrets.source != "environment"
  parameters = {
    api = local.reads_secrets ? {} : merge({ CURSOR_KEYS = "cursor-keys" },
      var.rate_limit.api_key_required ? { API_KEY_HASHES = "api-keys" } : {},
    )
    record-creator    = { ORDER_SENDERS = "order-senders" }
    internal-notifier = { ORDER_SENDERS = "order-senders" }
  }
  parameter_arn = "arn:${data.aws_partition.current.partition}:ssm:${local.region}:${data.aws_caller_identity.current.account_id}:parameter/${var.secrets.prefix}/"

  read_secrets = {
    api = !local.reads_secrets ? [] : concat(["cursor-keys"], var.rate_limit.api_key_required ? ["api-keys"] : [])
  }
}

# Who may put orders on the queue, and for which tenant: our own for all, other services for those that are named.
resource "aws_ssm_parameter" "order_senders" {
  #checkov:skip=CKV2_AWS_34:ids of roles and names of tenants, nothing secret: a secure one would need a key that each task may use
  name        = "/${var.secrets.prefix}/order-senders"
  description = "Senders of orders and their tenants, as ORDER_SENDERS takes them."
  type        = "String"
  value = join(",", concat(
    [for role in ["api", "relay", "record-creator", "operator"] : "${module.roles.unique_ids[role]}=*"],
    [for sender, tenant in var.order_senders : "${sender}=${tenant}"],
  ))
}
