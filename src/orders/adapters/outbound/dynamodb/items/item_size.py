"""Computes the size of an item in bytes by DynamoDB's rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html: names and texts in
UTF-8; a binary its length; a number one byte and one for each two significant digits; ``true``, ``false`` and ``null``
one byte; a list or map three bytes and one for each of its elements.
"""

from collections.abc import Mapping
from typing import Any

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1


def item_bytes(item: Mapping[str, Any]) -> int:
    """Returns the size of an item given as plain values, names included."""
    size = 0
    for name, value in item.items():
        # By exact types first, and no call for texts: most of an order's hundred values are some.
        size += len(name) if name.isascii() else len(name.encode())
        if type(value) is not str:
            size += value_bytes(value)
        elif value.isascii():
            size += len(value)
        else:
            size += len(value.encode())
    return size


def value_bytes(value: Any) -> int:
    """Returns the size of one attribute's value without its name. Raises: TypeError: a value of an unsupported
    type.
    """
    if isinstance(value, str):
        return len(value.encode())
    if value is None or value is True or value is False:
        return 1
    if isinstance(value, int):
        return _number_bytes(value)
    if isinstance(value, dict):
        return _CONTAINER_BYTES + item_bytes(value) + _ELEMENT_BYTES * len(value)
    if isinstance(value, list | tuple):
        return _CONTAINER_BYTES + sum(map(value_bytes, value)) + _ELEMENT_BYTES * len(value)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        return _CONTAINER_BYTES + item_bytes(value) + _ELEMENT_BYTES * len(value)
    raise TypeError(f"no attribute value: {type(value).__name__}")


def _number_bytes(number: int) -> int:
    significant = str(abs(number)).rstrip("0")
    # A negative number takes one byte more; the first byte holds exponent and sign.
    return 1 + (len(significant) + 1) // 2 + (number < 0)
