account       = "815856636111"
account_alias = "bbws-cpp-sit"
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

domains = ["api-sit.bbws.io", "api.sit.kimmyai.io"]
zones   = ["bbws.io", "kimmyai.io"]

network = {
  vpc_name        = "bbws-cpp-sit-vpc"
  name_prefix     = "bbws-cpp-sit"
  cidr            = "10.1.0.0/16"
  zones           = 3
  public_subnets  = ["10.1.1.0/24", "10.1.2.0/24", "10.1.3.0/24"]
  private_subnets = ["10.1.10.0/24", "10.1.11.0/24", "10.1.12.0/24"]
  nat_gateways    = 2
  endpoints       = ["s3", "dynamodb"]
}

table = {
  pitr_days             = 14
  deletion_protection   = false
  contributor_insights  = false
  deny_deletes          = true
  deny_batch_writes     = false
  backups               = "daily"
  backup_retention_days = 14
}

figures = {
  queue_retention_days       = 4
  dead_letter_retention_days = 14
  archive_days               = 30

  buckets = {
    versioning          = true
    document_days       = 60
    encryption          = "SSE-S3"
    access_logs         = true
    deletion_protection = false
  }

  architecture         = "ARM64"
  stop_timeout_seconds = 30
  spot                 = true
  container_insights   = true
  tracing              = true
  trace_share          = 1
  tasks = {
    api         = { min = 2, max = 10, cpu = 512, memory_mib = 1024 }
    worker      = { min = 1, max = 10, cpu = 256, memory_mib = 512 }
    pdf-creator = { min = 1, max = 10, cpu = 512, memory_mib = 1024 }
    relay       = { min = 1, max = 2, cpu = 256, memory_mib = 512 }
    notifier    = { min = 1, max = 2, cpu = 256, memory_mib = 512 }
  }
  logs = { level = "INFO", pii = "masked", retention_days = 30, audit_days = 90 }

  tls_policy = "1.2"
  waf        = false
  waf_rules  = { rate_per_client_per_minute = 6000, total_per_minute = 600000, blocked_countries = [] }
  secrets    = "secrets-manager"
  mfa        = true
  rate_limit = { requests_per_second = 5000, burst = 10000, api_key_required = false }

  mail = {
    from              = "noreply@kimmyai.io"
    per_second        = 10
    per_day           = 5000
    domain_verified   = true
    configuration_set = "bbws-emails-sit"
    feedback          = "sns"
  }

  alarms              = "critical"
  dashboards          = ["service"]
  availability_target = 0.99

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
  cloudtrail              = "on"
  guardduty               = "on"
  config                  = true
  mfa                     = true
  password_length         = 12
  access_key_max_age_days = 60
}

budget = { usd_month = 1000, alert_fraction = 0.8 }

repository = { name = "bbws/bbws-orders", environments = ["sit-qa-lead"], images_from = "536580886816", images_to = { account = "093646564004", role = "github-2-bbws-order-lambda-prod" } }

recipients = { ticket = "platform@bbws.example", page = "oncall@bbws.example" }

sidecar_images = {
  log_router = "public.ecr.aws/aws-observability/aws-for-fluent-bit:init-2.34.0"
  collector  = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
}
