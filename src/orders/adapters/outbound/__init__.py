"""Outbound adapters: DynamoDB, other AWS services, HTTP clients, renderers, and in-memory versions of all of them."""
