"""The mail service, and the messages that are sent through it."""
