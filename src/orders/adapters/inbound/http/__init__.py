"""The HTTP API: requests into commands, results and refusals into responses."""
