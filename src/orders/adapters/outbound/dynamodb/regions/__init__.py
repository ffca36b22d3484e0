"""What two regions need of their tables: the control table, streams, and changes kept or lost."""
