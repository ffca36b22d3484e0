"""The version of the items' schema, and the one place that decides whether an item is readable.

Two releases always run side by side for a while, and after a rollback the older one runs on. So a release may add
attributes, which older readers ignore; only a change that an older reader would misread raises the version. Additions
go to the item's top level: an older release that changes an order rewrites its maps and would drop unknown attributes
inside them.

Every function that converts an item to a domain object is an ``item_reader``: it returns the complete object with
values of the declared types, or raises ``UnreadableItem``, and never anything else ([PIPE-14]).
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from orders.adapters.outbound.dynamodb.items.shapes import WrongType, checker
from orders.domain.errors import DomainError
from orders.ports.errors import ItemKind, UnreadableItem

SCHEMA_VERSION = 1
SCHEMA_ATTRIBUTE = "schemaVersion"

EXPIRY = "expiresAt"
"""The attribute by which DynamoDB removes an item, late: readers take an expired item for none."""

_Read = TypeVar("_Read")
_Reader = Callable[[Mapping[str, Any]], _Read]

MISREADING = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error,
               DomainError)  # fmt: skip
"""Errors of reading an attribute that is missing or of the wrong form."""

_NAME = re.compile(r"[A-Za-z_]{1,40}")
_UNKNOWN_MEMBER = re.compile(r" is not a valid (\w{1,40})$")
_KEY_OF_ORDER = re.compile(r"TENANT#([^#]+)#(?:ORDER|MAIL)#([^#]+)")
_PLACE = re.compile(r"[\w.#:|-]{1,300}")


def item_reader(
    kind: ItemKind, shape: type[_Read], *, known: int = SCHEMA_VERSION
) -> Callable[[_Reader[_Read]], _Reader[_Read]]:
    """Decorates a function that parses attributes to a ``shape``: every failure becomes ``UnreadableItem``."""

    def decorated(read: _Reader[_Read]) -> _Reader[_Read]:
        check = checker(shape)

        @wraps(read)
        def reader(item: Mapping[str, Any]) -> _Read:
            # As ``reading`` does, without what a context manager costs: pages read hundreds of items.
            try:
                check_schema(kind, item, known)
                made = read(item)
                check(made)
                _check_place(kind, item, made)
            except MISREADING as error:
                raise unreadable(kind, item, _reason(error)) from error
            return made

        return reader

    return decorated


@contextmanager
def reading(kind: ItemKind, item: Mapping[str, Any]) -> Iterator[None]:
    """Translates every parsing error of the block. Raises: UnreadableItem."""
    try:
        yield
    except MISREADING as error:
        raise unreadable(kind, item, _reason(error)) from error


def check_schema(kind: ItemKind, item: Mapping[str, Any], known: int = SCHEMA_VERSION) -> None:
    """Accepts items of this and earlier releases. Raises: UnreadableItem."""
    found = item.get(SCHEMA_ATTRIBUTE, SCHEMA_VERSION)
    if not isinstance(found, int):
        raise unreadable(kind, item, f"{SCHEMA_ATTRIBUTE} is no whole number")
    if found > known:
        raise unreadable(
            kind,
            item,
            f"it has schema version {found}, and this release reads up to {known}: a later release is or was "
            "running; deploy that one or a later",
        )


def _check_place(kind: ItemKind, item: Mapping[str, Any], made: object) -> None:
    """Checks that the object matches its item's key: otherwise a change would be written under another key.

    Raises: UnreadableItem.
    """
    partition = item.get("PK")
    key = _KEY_OF_ORDER.fullmatch(partition) if isinstance(partition, str) else None
    if key is None:
        return
    said = tuple(getattr(made, name, own) for name, own in zip(("tenant_id", "order_id"), key.groups(), strict=True))
    if said != key.groups():
        raise unreadable(kind, item, "its tenant or order differs from that of its key")


def unreadable(kind: ItemKind, item: Mapping[str, Any], reason: str) -> UnreadableItem:
    """Creates the error for an item, with whatever identifies it."""
    partition, sort = _text(item.get("PK")), _text(item.get("SK"))
    tenant_id, order_id = _text(item.get("tenantId")), _text(item.get("orderId"))
    key = _KEY_OF_ORDER.fullmatch(partition or "")
    if key:
        # The key is always written by this service, so it is trusted over attributes.
        tenant_id, order_id = key[1], key[2]
    elif not partition:
        partition, sort = f"TENANT#{tenant_id}#ORDER#{order_id}", f"ORDER.pending.{item.get('sequence')}"
    elif tenant_id is None and partition.startswith("TENANT#"):
        tenant_id = partition.split("#")[1]
    # The control table has no sort key.
    place = "|".join(part for part in (partition, sort) if part)
    sequence = item.get("sequence")
    return UnreadableItem(
        kind,
        place if _PLACE.fullmatch(place) else "a key that is none of ours",
        reason,
        tenant_id=tenant_id,
        order_id=order_id,
        sequence=sequence if isinstance(sequence, int) else None,
        customer_id=_text(item.get("customerId")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _reason(error: Exception) -> str:
    """Describes why it is unreadable, without any of its values."""
    if isinstance(error, WrongType):
        return f"attribute {error.path!r} is of another type" if error.path else "it is of another type"
    if isinstance(error, KeyError) and error.args and _NAME.fullmatch(str(error.args[0])):
        return f"missing attribute {str(error.args[0])!r}"
    unknown = _UNKNOWN_MEMBER.search(str(error)) if isinstance(error, ValueError) else None
    if unknown:
        return f"an unknown {unknown[1]}"
    return f"an attribute is not what it should be ({type(error).__name__})"
