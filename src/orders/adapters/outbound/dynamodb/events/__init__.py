"""Events in DynamoDB: waiting in their orders, settled into the log, and read from it."""
