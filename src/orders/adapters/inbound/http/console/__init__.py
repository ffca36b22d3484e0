"""Shows operators the service's state; nothing here is of one environment only."""
