account = "536580886816"
region  = "eu-west-1"

tags = {
  Owner       = "platform"
  Project     = "BBWS Customer Portal"
  Component   = "Order Service"
  Application = "CustomerPortalPublic"
  ManagedBy   = "Terraform"
  CostCenter  = "AWS"
  Repository  = "bbws-orders"
}

table = {
  pitr_days            = 7
  deletion_protection  = false
  contributor_insights = false
}

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
