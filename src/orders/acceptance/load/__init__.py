"""The load test: ``orders load``, which knows the service by its API only."""
