"""Serves health to load balancers from processes without an API of their own."""
