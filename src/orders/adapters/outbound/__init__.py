"""DynamoDB, the other AWS services, the renderers, and first-class in-memory versions of all of them."""
