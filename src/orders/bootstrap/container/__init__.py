"""Puts the service together from settings, AWS clients and addresses."""
