"""bbws-orders: the order service of the BBWS customer portal."""
