"""The use cases, one per file: each takes one command and returns domain objects."""
