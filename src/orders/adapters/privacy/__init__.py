"""Masking of personal data, tokens and keys, uniformly for logs, traces, metrics, errors and dead letters."""
