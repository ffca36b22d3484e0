account = "815856636111"
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
  pitr_days            = 14
  deletion_protection  = false
  contributor_insights = false
}

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
