"""Builds everything: settings, logging, AWS clients, the container, and the processes that run it."""
