"""Serves the HTTP API: converts requests to calls of use cases, results and errors to responses."""
