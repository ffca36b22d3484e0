"""The routes of the API, with what is said of each operation, and how they read requests."""
