"""Compares two OpenAPI documents: what of a change breaks callers."""
