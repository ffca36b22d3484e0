"""The routes of the API, and how they read requests and represent orders."""
