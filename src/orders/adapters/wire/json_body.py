"""Decodes and encodes JSON without conversion through binary floating point.

msgspec passes the text of every number with a point or an exponent to a hook, and writes decimals as numbers with
exactly the digits they have; pydantic's and Litestar's own JSON paths go through ``float`` and lose digits.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from orders.adapters.wire.json_structure import (
    deeper_than,
    lone_surrogate,
    members,
    outside_strings,
    repeated_name,
)

MAX_DEPTH = 20
MAX_MEMBERS = 20_000
"""The limit for all objects together: an order of 500 lines has a third of that."""
MAX_CONTAINERS = 20_000
"""The limit of objects and arrays: a body has room for so many empty ones that creating them takes noticeable time."""
_MAX_NUMBER_CHARACTERS = 64


class MalformedJson(Exception):
    """A body is not JSON that the service takes: a syntax error, too deep or too large, or with one name twice."""


@dataclass(frozen=True, slots=True)
class OversizedNumber:
    """A number with too many digits or too large an exponent; no schema accepts it."""

    text: str

    def __repr__(self) -> str:
        return "a number with too many digits"


def _number(text: str) -> Decimal | OversizedNumber:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        return OversizedNumber(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        # The text is a number, but its exponent is larger than a decimal can have.
        return OversizedNumber(text)


_MAY_MEAN_SURROGATES = re.compile("surrogate|truncated")
_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """Decodes a JSON text; numbers with a point or exponent become ``Decimal``.

    Raises:
        MalformedJson: with the fault and its position in the message.
    """
    if body.startswith(BOM_UTF8):
        raise MalformedJson("the body begins with a byte order mark; send the JSON without it")
    outside = outside_strings(body)
    count = outside.count(b":")
    if count > MAX_MEMBERS:
        raise MalformedJson(f"the JSON has more than {MAX_MEMBERS:,} members")
    if deeper_than(MAX_DEPTH, outside):
        raise MalformedJson(f"the JSON is nested deeper than {MAX_DEPTH} levels")
    if outside.count(b"[") + outside.count(b"{") > MAX_CONTAINERS:
        raise MalformedJson(f"the JSON has more than {MAX_CONTAINERS:,} objects and arrays")
    try:
        value = _DECODER.decode(body)
    except RecursionError:
        raise MalformedJson(f"the JSON is nested deeper than {MAX_DEPTH} levels") from None
    except msgspec.ValidationError:
        # Without a type to validate, msgspec has this one complaint: it refuses whole numbers above 4,300 digits.
        raise MalformedJson("a whole number in the body has too many digits") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedJson(_what_is_wrong(body, error)) from None
    if count != members(value):
        name = repeated_name(body)[:64]
        raise MalformedJson(f"an object has the member {name!r} twice; nobody knows which is meant")
    return value


def _what_is_wrong(body: bytes, error: Exception) -> str:
    """Explains a decoder's error: bytes that are not UTF-8 and lone surrogates by position, else msgspec's message."""
    try:
        body.decode()
    except UnicodeDecodeError as found:
        return f"the body is not UTF-8 at byte {found.start}"
    lone = lone_surrogate(body) if _MAY_MEAN_SURROGATES.search(str(error)) else None
    if lone is not None:
        return f"the body is not valid JSON: a lone surrogate at byte {lone}; characters beyond U+FFFF take two"
    # Messages of other exceptions are for programmers, not for callers.
    return f"the body is not valid JSON{f': {error}' if isinstance(error, msgspec.DecodeError) else ''}"


def encode(value: Any) -> bytes:
    """Encodes a value as JSON; decimals become numbers with exactly their digits."""
    return _ENCODER.encode(value)


def encode_page(page: Mapping[str, Any]) -> bytes:
    """Encodes an object with the same result as ``encode``, its ``items`` one by one.

    The interpreter lock is free between them: in one piece, a page of the largest orders would keep it from the event
    loop, in whatever thread it is encoded.
    """
    return encode({**page, "items": [msgspec.Raw(encode(item)) for item in page["items"]]})
