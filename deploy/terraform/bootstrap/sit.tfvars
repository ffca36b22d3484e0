environment     = "sit"
account         = "815856636111"
region          = "eu-west-1"
encryption      = "aws-managed"
mfa_delete      = false
access_log_days = 90
