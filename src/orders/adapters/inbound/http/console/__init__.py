"""Shows operators the service's state and orders; nothing here is of one environment only."""
