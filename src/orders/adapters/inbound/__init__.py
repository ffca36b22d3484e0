"""HTTP, SQS and the command line: each turns what comes in into one command for one use case."""
