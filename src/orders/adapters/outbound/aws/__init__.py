"""The ports on AWS: the event bus, buckets, the mail service, and whether each can be reached."""
