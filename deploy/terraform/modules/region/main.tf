module "queues" {
  source = "../queues"

  environment                = var.environment
  queues                     = var.topology.queues
  settings                   = var.topology.queue_settings
  retention_days             = var.queue_retention_days
  dead_letter_retention_days = var.dead_letter_retention_days
}

module "events" {
  source = "../events"

  environment                = var.environment
  topology                   = var.topology
  archive_days               = var.archive_days
  dead_letter_retention_days = var.dead_letter_retention_days

  queues = {
    for queue in var.topology.queues : queue.name => {
      arn = module.queues.queues[queue.worker].arn
      url = module.queues.queues[queue.worker].url
    }
  }
}

module "buckets" {
  source = "../buckets"

  environment         = var.environment
  buckets             = var.topology.buckets
  suffix              = var.buckets.suffix
  versioning          = var.buckets.versioning
  document_days       = var.buckets.document_days
  archive_after_days  = var.buckets.archive_after_days
  encryption          = var.buckets.encryption
  kms_key_arn         = var.buckets.kms_key_arn
  access_logs         = var.buckets.access_logs
  deletion_protection = var.buckets.deletion_protection
}
