"""Safe JSON parsing of messages, whose content is up to anybody who can send to the queue."""

import json
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 64
"""Levels of arrays and objects. Ours have at most a dozen; Python's own limit depends on its version and the caller."""


def parse_text(text: str, *, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """Parses a text as JSON with bounded nesting, so that recursive functions can walk the result.

    Args:
        parse_constant: called with ``NaN`` and ``Infinity``, which are not JSON; without it they become floats.

    Raises: ValueError: not JSON, or nested too deep.
    """
    try:
        content: Any = json.loads(text, parse_constant=parse_constant)
    except RecursionError:
        raise _too_deep() from None
    layer = [content]
    for _ in range(MAX_DEPTH + 1):
        layer = [each for node in layer for each in _inside(node)]
        if not layer:
            return content
    raise _too_deep()


def _inside(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _too_deep() -> ValueError:
    return ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
