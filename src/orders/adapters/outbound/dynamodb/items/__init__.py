"""Mapping of each domain object to and from its stored attributes."""
