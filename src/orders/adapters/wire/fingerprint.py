"""Whether two JSON bodies say the same: what a repeated request is known by ([API-4])."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

from orders.adapters.wire import json_body


def fingerprint(body: bytes) -> str:
    """A hash of a JSON body that is the same however its members are ordered and its numbers written.

    Raises: MalformedJson.
    """
    return sha256(_canonical(json_body.decode(body) if body.strip() else {}).encode()).hexdigest()[:32]


def _canonical(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{_canonical(name)}:{_canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, json_body.OversizedNumber):
        # Nothing takes one, but it is fingerprinted before it is refused.
        return value.text
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # By value: 59.98, 59.980 and 5998e-2 are one number. Its digits, never written out: 1E999999 costs nothing.
        sign, digits, exponent = Decimal(value).as_tuple()
        text = "".join(map(str, digits)).lstrip("0")
        significant = text.rstrip("0")
        return f"{'-' * sign}{significant}e{int(exponent) + len(text) - len(significant)}" if significant else "0"
    return json_body.encode(value).decode()
