"""The token issuer's published public keys (RFC 7517)."""
