"""Adapters: inbound ones call the use cases, outbound ones implement their ports."""
