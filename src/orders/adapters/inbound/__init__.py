"""Inbound adapters: HTTP, SQS and the command line, which turn each input into one command for one use case."""
