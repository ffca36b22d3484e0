"""bbws-orders: the order service of the BBWS customer portal."""

__version__ = "1.0.0"
"""Of package, command line, image and API description: one."""
