terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    bucket         = "bbws-terraform-state-dev"
    key            = "order-lambda/terraform.tfstate"
    region         = "eu-west-1"
    dynamodb_table = "terraform-locks-dev"
    encrypt        = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = merge(var.tags, { Environment = "dev", Region = var.region })
  }
}
