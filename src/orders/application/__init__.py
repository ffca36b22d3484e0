"""The use cases, one per file in a folder per concept: each takes one command and returns domain objects."""
