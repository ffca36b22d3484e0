"""Use cases of two regions: who writes, and how that changes."""
