"""The orders table in DynamoDB: orders with their waiting events, published events, mail intents."""
