account         = "093646564004"
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

table = {
  pitr_days            = 35
  deletion_protection  = true
  contributor_insights = true
}

queue_retention_days       = 14
dead_letter_retention_days = 14
archive_days               = 90

buckets = {
  versioning          = true
  document_days       = 2555
  archive_after_days  = 730
  encryption          = "SSE-KMS"
  access_logs         = true
  deletion_protection = true
}
