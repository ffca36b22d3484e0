"""Policies of all use cases: authorisation, idempotency, audit."""
