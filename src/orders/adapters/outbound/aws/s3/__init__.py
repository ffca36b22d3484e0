"""Ports on S3: documents, and the shops' templates and profiles."""
