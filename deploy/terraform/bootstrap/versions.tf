terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Bucket, key, region and lock table are given by `terraform init -backend-config`: see the README.
  backend "s3" {
    encrypt = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = {
      Environment = var.environment
      Region      = var.region
      Owner       = "platform"
      Project     = "BBWS Customer Portal"
      Component   = "Terraform state"
      Application = "CustomerPortalPublic"
      ManagedBy   = "Terraform"
      CostCenter  = "AWS"
      Repository  = var.repository
    }
  }
}
