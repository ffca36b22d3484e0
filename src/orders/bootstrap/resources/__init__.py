"""The declared topology: read from topology.yaml, created on emulators, found on AWS."""
