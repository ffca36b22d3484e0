environment     = "prod"
account         = "093646564004"
region          = "af-south-1"
encryption      = "customer-managed"
mfa_delete      = true
access_log_days = 2555
