"""Workers, one a file: each parses the messages of its queue and hands them to a use case."""
