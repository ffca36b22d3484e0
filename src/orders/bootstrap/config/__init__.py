"""Reads the configuration: settings from the environment, keys, the edge's rules."""
