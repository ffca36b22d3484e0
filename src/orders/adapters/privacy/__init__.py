"""What may leave the process about people, tokens and keys: the same for logs, traces, metrics, errors, letters."""
