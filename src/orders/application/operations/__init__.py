"""Use cases of operators: dead letters, health, tenants, unreadable items."""
