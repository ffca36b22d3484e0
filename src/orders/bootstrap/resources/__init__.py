"""The declared topology: read from topology.yaml, created on emulators, resolved on AWS."""
