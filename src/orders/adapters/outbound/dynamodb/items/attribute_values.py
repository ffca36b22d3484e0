"""Converts between DynamoDB's tagged JSON and plain Python values, for the low-level client.

boto3 has the same (``boto3.dynamodb.types``), but makes a ``Decimal`` of every number and takes twice as long to read
and almost four times as long to write: tens of milliseconds of the event loop for a page of a hundred orders.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]
"""An item's attributes as plain values: text, whole numbers, booleans, bytes, ``None``, lists, dictionaries."""

WireItem: TypeAlias = dict[str, Any]
"""An item in the client's format: each value in a dictionary under its type's letter."""


def to_wire(item: Mapping[str, Any]) -> WireItem:
    """Converts attributes to tagged values. Raises: TypeError: a value of an unsupported type."""
    # By exact types first, and no call for texts, here as below: most of an order's hundred values are some.
    return {name: {"S": value} if type(value) is str else wire_value(value) for name, value in item.items()}


def from_wire(item: Mapping[str, Any]) -> Item:
    """Converts tagged values to plain ones; types that this service never writes (sets) stay as they are."""
    return {name: value["S"] if "S" in value else plain_value(value) for name, value in item.items()}


def wire_value(value: Any) -> dict[str, Any]:
    """Converts one value to a tagged one. Raises: TypeError."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is dict:
        return {
            "M": {str(name): {"S": each} if type(each) is str else wire_value(each) for name, each in value.items()}
        }
    if kind is bool:
        return {"BOOL": value}
    if kind is int:
        return {"N": str(value)}
    if kind is list or kind is tuple:
        return {"L": [wire_value(each) for each in value]}
    if value is None:
        return {"NULL": True}
    return _of_derived_type(value)


def _of_derived_type(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        # str() converts members of string enumerations to plain strings.
        return {"S": str(value)}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": {str(name): wire_value(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [wire_value(each) for each in value]}
    raise TypeError(f"no attribute value: {type(value).__name__}")


def plain_value(value: Mapping[str, Any]) -> Any:
    """Converts one tagged value to a plain one; numbers become ``int`` if whole, else ``Decimal``."""
    ((kind, content),) = value.items()
    if kind in {"S", "BOOL"}:
        return content
    if kind == "N":
        return _number(content)
    if kind == "M":
        return {name: each["S"] if "S" in each else plain_value(each) for name, each in content.items()}
    if kind == "L":
        return [plain_value(each) for each in content]
    return None if kind == "NULL" else content


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        number = Decimal(text)
        return int(number) if number == number.to_integral_value() else number
