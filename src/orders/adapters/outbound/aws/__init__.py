"""Ports on AWS: event bus, queues, buckets, secrets and mail service, and their health probes."""
