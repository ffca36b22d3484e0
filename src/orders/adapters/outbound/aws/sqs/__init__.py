"""Ports on SQS: commands to the workers' queues, their depths, and dead letters."""
