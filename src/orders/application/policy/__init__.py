"""Policies that every use case obeys: who may do what, idempotency, audit."""
