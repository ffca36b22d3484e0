"""What a domain value means, as JSON that a later release can compare with its own."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, TypeAlias

from orders.domain.pricing.currencies import Currency

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | bool | None"


def meaning_of(value: Any) -> Json:
    """Writes the value whole: what is nothing, or as by default, means something too."""
    if isinstance(value, Currency):
        return value.code
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: meaning_of(getattr(value, each.name)) for each in fields(value)}
    for kinds, written in _AS_JSON:
        if isinstance(value, kinds):
            return written(value)
    raise TypeError(f"nobody knows what {type(value).__name__} means")


_AS_JSON: tuple[tuple[Any, Callable[[Any], Json]], ...] = (
    (Enum, lambda value: value.name),
    (datetime, lambda value: value.isoformat()),
    (Decimal, str),
    (bytes, lambda value: value.decode()),
    (Mapping, lambda value: {str(name): meaning_of(each) for name, each in value.items()}),
    (AbstractSet, lambda value: sorted(str(meaning_of(each)) for each in value)),
    ((str, int, NoneType), lambda value: value),
    (Sequence, lambda value: [meaning_of(each) for each in value]),
)
"""The first that fits: an enumeration's member is a text or number too, and a text a sequence."""


def holds(found: Json, expected: Json) -> bool:
    """Returns whether everything expected is found. Objects may have more: fields that a later release has added."""
    if isinstance(expected, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and holds(found[name], each) for name, each in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(holds, found, expected))
    return found == expected
