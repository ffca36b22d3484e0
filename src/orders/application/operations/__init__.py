"""Use cases of operators: dead letters, health, what can't be read."""
