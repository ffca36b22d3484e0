environment     = "dev"
account         = "536580886816"
region          = "eu-west-1"
encryption      = "aws-managed"
mfa_delete      = false
access_log_days = 30
