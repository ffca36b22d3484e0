"""Money: exact amounts, currencies, totals, who may set prices, what other services offer."""
