"""Wire formats: CloudEvents, events of other services, queue commands, and their schemas."""
