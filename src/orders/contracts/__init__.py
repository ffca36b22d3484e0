"""What is written on wires: CloudEvents, events of other services, queue commands, and their schemas."""
