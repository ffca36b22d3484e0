"""The service seen from outside: a client of its API and checks over it. Knows nothing of how the service is built."""
