"""Sample orders for a developer's machine: `orders dev --seed`."""
