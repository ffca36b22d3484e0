"""JSON in and out without a detour through binary floating point.

msgspec hands the text of every number with a point or an exponent to a hook, and writes decimals as numbers with
exactly the digits they have; pydantic's and Litestar's own JSON paths go through ``float`` and lose digits.
"""

from decimal import Decimal
from typing import Any

import msgspec

MAX_DEPTH = 20
_MAX_NUMBER_CHARACTERS = 64


class MalformedJson(Exception):
    """A body is not JSON that the service takes: a syntax error, or nested too deep."""


class OversizedNumber:
    """Stands for a number too long to be looked at; no schema accepts it."""

    def __repr__(self) -> str:
        return "a number with too many digits"


def _number(text: str) -> Decimal | OversizedNumber:
    return Decimal(text) if len(text) <= _MAX_NUMBER_CHARACTERS else OversizedNumber()


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """The value of a JSON text; numbers with a point or exponent as ``Decimal``.

    Raises:
        MalformedJson: with what is wrong and where.
    """
    try:
        value = _DECODER.decode(body)
    except RecursionError:
        raise MalformedJson(f"the JSON is nested deeper than {MAX_DEPTH} levels") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise MalformedJson(f"the body is not valid JSON: {error}") from None
    if _deeper_than(value, MAX_DEPTH):
        raise MalformedJson(f"the JSON is nested deeper than {MAX_DEPTH} levels")
    return value


def encode(value: Any) -> bytes:
    """A JSON text; decimals as numbers with exactly their digits."""
    return _ENCODER.encode(value)


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not layer:
            return False
    return any(isinstance(node, dict | list) for node in layer)
