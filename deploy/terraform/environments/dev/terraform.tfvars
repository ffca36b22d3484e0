account       = "536580886816"
account_alias = "bbws-cpp-dev"
region        = "eu-west-1"

tags = {
  Owner       = "platform"
  Project     = "BBWS Customer Portal"
  Component   = "Order Service"
  Application = "CustomerPortalPublic"
  ManagedBy   = "Terraform"
  CostCenter  = "AWS"
  Repository  = "bbws-orders"
}

domains = ["api-dev.bbws.io", "api.dev.kimmyai.io"]
zones   = ["bbws.io", "kimmyai.io"]

network = {
  vpc_name        = "bbws-cpp-dev-vpc"
  name_prefix     = "bbws-cpp-dev"
  cidr            = "10.0.0.0/16"
  zones           = 3
  public_subnets  = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
  private_subnets = ["10.0.10.0/24", "10.0.11.0/24", "10.0.12.0/24"]
  nat_gateways    = 1
  endpoints       = []
}

table = {
  pitr_days             = 7
  deletion_protection   = false
  contributor_insights  = false
  deny_deletes          = false
  deny_batch_writes     = false
  backups               = "daily"
  backup_retention_days = 7
}

figures = {
  queue_retention_days       = 4
  dead_letter_retention_days = 7
  archive_days               = 7

  buckets = {
    versioning          = false
    document_days       = 30
    encryption          = "SSE-S3"
    access_logs         = false
    deletion_protection = false
  }

  architecture         = "ARM64"
  stop_timeout_seconds = 30
  spot                 = true
  container_insights   = false
  tracing              = false
  tasks = {
    api         = { min = 1, max = 2, cpu = 256, memory_mib = 1024 }
    worker      = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
    pdf-creator = { min = 1, max = 1, cpu = 512, memory_mib = 1024 }
    relay       = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
    notifier    = { min = 1, max = 1, cpu = 256, memory_mib = 512 }
  }
  logs = { level = "DEBUG", pii = "clear", retention_days = 7, audit_days = 30 }

  tls_policy = "1.2"
  waf        = false
  waf_rules  = { rate_per_client_per_minute = 6000, total_per_minute = 600000, blocked_countries = [] }
  secrets    = "environment"
  mfa        = false
  rate_limit = { requests_per_second = 1000, burst = 2000, api_key_required = false }

  mail = {
    from            = "test@kimmyai.io"
    per_second      = 1
    per_day         = 200
    domain_verified = false
    feedback        = "none"
  }

  alarms              = "none"
  dashboards          = []
  availability_target = 0.95

  rollback_when = {
    error_rate           = 0.05
    create_p95_seconds   = 3
    status_p95_seconds   = 2
    dlq_depth            = 10
    processing_failures  = 0.01
    publication_failures = 0.01
  }
}

release = {
  strategy            = "linear"
  step_percent        = 10
  step_minutes        = 5
  bake_minutes        = 15
  abort_after_minutes = 75
}

account_rules = {
  cloudtrail              = "off"
  guardduty               = "off"
  config                  = false
  mfa                     = false
  password_length         = 8
  access_key_max_age_days = 90
}

budget = { usd_month = 500, alert_fraction = 0.8 }

repository = { name = "bbws/bbws-orders", environments = ["dev-lead-developer"], images_to = { account = "815856636111", role = "github-2-bbws-order-lambda-sit" } }

recipients = { ticket = "platform@bbws.example", page = "oncall@bbws.example" }

sidecar_images = {
  log_router = "public.ecr.aws/aws-observability/aws-for-fluent-bit:init-2.34.0"
  collector  = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
}
