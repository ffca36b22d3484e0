"""The product and campaigns services over HTTP, as docs/integrations describes them."""
