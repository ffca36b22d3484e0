"""What connects the use cases with the world: inbound adapters call them, outbound adapters serve their ports."""
