"""Defines the routes of the API, each with the description of its operation."""
