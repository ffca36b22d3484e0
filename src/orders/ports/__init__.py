"""The ports of the use cases: Protocols whose docstrings are their contracts, and the errors they raise."""
