account         = "093646564004"
account_alias   = "bbws-cpp-prod"
region          = "af-south-1"
failover_region = "eu-west-1"

tags = {
  Owner        = "platform"
  Project      = "BBWS Customer Portal"
  Component    = "Order Service"
  Application  = "CustomerPortalPublic"
  ManagedBy    = "Terraform"
  CostCenter   = "AWS"
  Repository   = "bbws-orders"
  BackupPolicy = "hourly"
  DR           = "enabled"
  Compliance   = "PCI-DSS,GDPR,POPIA"
}

domains          = ["api.bbws.io", "api.kimmyai.io"]
regional_domains = { primary = "api-primary.bbws.io", failover = "api-dr.bbws.io" }
zones            = ["bbws.io", "kimmyai.io"]

network = {
  vpc_name        = "bbws-prod-vpc-primary"
  name_prefix     = "bbws-prod-primary"
  cidr            = "10.2.0.0/16"
  zones           = 3
  public_subnets  = ["10.2.1.0/24", "10.2.2.0/24", "10.2.3.0/24"]
  private_subnets = ["10.2.10.0/24", "10.2.11.0/24", "10.2.12.0/24"]
  nat_gateways    = 3
  endpoints       = ["s3", "dynamodb", "sqs", "sns", "ses"]
}

failover_network = {
  vpc_name        = "bbws-prod-vpc-dr"
  name_prefix     = "bbws-prod-dr"
  cidr            = "10.3.0.0/16"
  zones           = 3
  public_subnets  = ["10.3.1.0/24", "10.3.2.0/24", "10.3.3.0/24"]
  private_subnets = ["10.3.10.0/24", "10.3.11.0/24", "10.3.12.0/24"]
  nat_gateways    = 3
  endpoints       = ["s3", "dynamodb", "sqs", "sns", "ses"]
}

table = {
  pitr_days             = 35
  deletion_protection   = true
  contributor_insights  = true
  deny_deletes          = true
  deny_batch_writes     = true
  backups               = "hourly"
  backup_retention_days = 90
}

figures = {
  queue_retention_days       = 14
  dead_letter_retention_days = 14
  archive_days               = 90

  buckets = {
    versioning          = true
    retain_years        = 7
    archive_after_days  = 730
    intelligent_tiering = true
    replication_minutes = 15
    encryption          = "SSE-KMS"
    access_logs         = true
    deletion_protection = true
    deny_deletes        = true
  }

  architecture         = "ARM64"
  stop_timeout_seconds = 30
  spot                 = false
  container_insights   = true
  tracing              = true
  trace_share          = 0.1
  tasks = {
    api            = { min = 6, max = 50, cpu = 1024, memory_mib = 2048 }
    worker         = { min = 2, max = 50, cpu = 512, memory_mib = 1024 }
    record-creator = { min = 4, max = 50, cpu = 512, memory_mib = 1024 }
    pdf-creator    = { min = 2, max = 50, cpu = 1024, memory_mib = 2048 }
    relay          = { min = 2, max = 4, cpu = 256, memory_mib = 512 }
    notifier       = { min = 2, max = 5, cpu = 256, memory_mib = 512 }
  }
  logs = { level = "WARNING", pii = "masked", retention_days = 90, audit_days = 2555 }

  tls_policy = "1.3 preferred, 1.2 floor"
  waf        = true
  waf_rules  = { rate_per_client_per_minute = 6000, total_per_minute = 600000, blocked_countries = [] }
  secrets    = "secrets-manager-rotated"
  mfa        = true
  rate_limit = { requests_per_second = 10000, burst = 20000, api_key_required = true }

  mail = {
    from              = "noreply@kimmyai.io"
    per_second        = 50
    per_day           = 50000
    domain_verified   = true
    configuration_set = "bbws-emails-prod"
    feedback          = "sns-and-suppression"
  }

  alarms              = "comprehensive"
  dashboards          = ["service", "executive"]
  availability_target = 0.999

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

# It serves no changes: requests move at once.
failover_release = "all-at-once"

account_rules = {
  cloudtrail              = "multi-region"
  guardduty               = "automated-response"
  config                  = true
  mfa                     = true
  password_length         = 16
  access_key_max_age_days = 30
}

failover = {
  health_path       = "/health"
  interval_seconds  = 30
  failure_threshold = 2
}

budget = { usd_month = 5000, alert_fraction = 0.8 }

repository = { name = "bbws/bbws-orders", environments = ["prod-release", "prod-rollback"], drills = ["prod-drill"], images_from = "815856636111" }

sidecar_images = {
  log_router = "public.ecr.aws/aws-observability/aws-for-fluent-bit:init-2.34.0"
  collector  = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
}
