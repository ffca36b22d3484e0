"""SQS inbound adapter: the workers' polling loop, the parsing of messages, and the workers themselves."""
