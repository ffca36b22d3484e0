"""The OpenAPI document as a file: written only if it breaks nobody who relies on the one before."""
