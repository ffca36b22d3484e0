"""Use cases of an order's life: place, accept, read, change, erase."""
