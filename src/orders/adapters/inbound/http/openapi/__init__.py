"""Builds the API's description: an OpenAPI 3.1 document."""
