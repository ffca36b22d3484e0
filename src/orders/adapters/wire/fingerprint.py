"""Hashes JSON bodies by value, to recognise a repeated request ([API-4])."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

from orders.adapters.wire import json_body


def fingerprint(value: Any) -> str:
    """Hashes a JSON value; the order of members and the notation of numbers make no difference."""
    parts: list[str] = []
    _write(value, parts)
    return sha256("".join(parts).encode()).hexdigest()[:32]


def _write(value: Any, parts: list[str]) -> None:
    """Adds the value's canonical form."""
    if isinstance(value, dict):
        separator = "{"
        for name in sorted(value):
            parts += (separator, json_body.encode(name).decode(), ":")
            _write(value[name], parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list):
        separator = "["
        for each in value:
            parts.append(separator)
            _write(each, parts)
            separator = ","
        parts.append("]" if value else "[]")
    elif isinstance(value, json_body.OversizedNumber):
        # No schema accepts one, but it is fingerprinted before it is refused.
        parts.append(value.text)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        parts.append(_canonical(value))
    else:
        parts.append(json_body.encode(value).decode())


def _canonical(number: int | Decimal) -> str:
    """Formats a number by value: 59.98, 59.980 and 5998e-2 are one. Writes no zeros out: 1E999999 costs nothing."""
    sign, digits, exponent = Decimal(number).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    significant = text.rstrip("0")
    return f"{'-' * sign}{significant}e{int(exponent) + len(text) - len(significant)}" if significant else "0"
