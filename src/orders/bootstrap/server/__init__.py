"""Runs the service's processes: API, workers, relay, their sockets, signals and health ports."""
