# The stand-in or the real provider renders policy documents; nothing is called.
provider "aws" {
  region                      = "af-south-1"
  skip_credentials_validation = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environment         = "prod"
  name                = "bbws-orders"
  vpc_id              = "vpc-1"
  vpc_cidr            = "10.2.0.0/16"
  subnet_ids          = ["subnet-1", "subnet-2", "subnet-3"]
  certificate_arn     = "arn:aws:acm:af-south-1:123456789012:certificate/1"
  tls_policy          = "1.3 preferred, 1.2 floor"
  deletion_protection = true
  access_logs         = true
  access_log_days     = 90
}

run "only_elastic_load_balancing_writes" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.logs["logs"].policy).Statement : statement.Sid => [statement.Principal, statement.Action, statement.Resource]
      if statement.Effect == "Allow"
      } == {
      LogDelivery               = [{ Service = "logdelivery.elasticloadbalancing.amazonaws.com" }, "s3:PutObject", "arn:aws:s3:::bbws-orders-load-balancer-logs-prod-af-south-1/AWSLogs/123456789012/*"]
      LogDeliveryOfOlderRegions = [{ AWS = "arn:aws:iam::098369216593:root" }, "s3:PutObject", "arn:aws:s3:::bbws-orders-load-balancer-logs-prod-af-south-1/AWSLogs/123456789012/*"]
    }
    error_message = "Logs are brought by Elastic Load Balancing, into this account's path."
  }
  assert {
    condition     = anytrue([for statement in jsondecode(aws_s3_bucket_policy.logs["logs"].policy).Statement : statement.Sid == "NobodyWithoutTls" && statement.Effect == "Deny"])
    error_message = "The bucket refuses calls without TLS."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.logs["logs"].block_public_acls,
      aws_s3_bucket_public_access_block.logs["logs"].block_public_policy,
      aws_s3_bucket_public_access_block.logs["logs"].ignore_public_acls,
      aws_s3_bucket_public_access_block.logs["logs"].restrict_public_buckets,
      !aws_s3_bucket.logs["logs"].force_destroy,
      one(one(aws_s3_bucket_server_side_encryption_configuration.logs["logs"].rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256",
      one(one(aws_s3_bucket_lifecycle_configuration.logs["logs"].rule).expiration).days == 90,
    ])
    error_message = "Logs are private, encrypted by S3, and removed after 90 days."
  }
}
