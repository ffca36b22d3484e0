"""Writes the lines of logs as JSON."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(enc_hook=repr)


def json_line(event: Any, default: Callable[[Any], Any] = repr, **_: Any) -> str:
    """Encodes an event in one line of ASCII; ``default`` stands for values that JSON has no form for.

    A line with other characters is left to the standard library, which escapes them: some of them end a line to those
    who collect logs. So is one with values that msgspec doesn't take, such as half a surrogate pair.
    """
    try:
        line = _ENCODER.encode(event)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(event, default=default)
    return line.decode("ascii") if line.isascii() else json.dumps(event, default=default)
