terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    bucket         = "bbws-terraform-state-prod"
    key            = "order-lambda/terraform.tfstate"
    region         = "af-south-1"
    dynamodb_table = "terraform-locks-prod"
    encrypt        = true
  }
}

provider "aws" {
  region              = var.region
  sts_region          = var.region # af-south-1 is opt-in: the global endpoint's tokens don't hold there
  allowed_account_ids = [var.account]

  default_tags {
    tags = merge(var.tags, { Environment = "prod", Region = var.region })
  }
}

provider "aws" {
  alias               = "failover"
  region              = var.failover_region
  sts_region          = var.failover_region
  allowed_account_ids = [var.account]

  default_tags {
    tags = merge(var.tags, { Environment = "prod", Region = var.failover_region })
  }
}
