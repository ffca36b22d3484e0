"""Holds the id of the request being served, for logs and calls to other services; loads no framework."""

from contextvars import ContextVar

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
"""The request's id; ``None`` outside of requests."""
