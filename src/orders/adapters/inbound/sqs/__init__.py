"""What comes in by queues: one polling loop for every worker, and what its messages may look like."""
