"""Use cases of an order's documents."""
