"""Clients of the product and campaigns services over HTTP, as docs/integrations specifies them."""
