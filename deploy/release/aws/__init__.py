"""The ports on AWS, by boto3; credentials come from the environment (OIDC in workflows)."""
