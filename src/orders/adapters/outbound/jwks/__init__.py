"""The token issuer's public keys, as it publishes them (RFC 7517)."""
