"""The request being served, for whoever logs or asks others on its behalf; loads no framework."""

from contextvars import ContextVar

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
"""Its id; ``None`` outside of requests."""
