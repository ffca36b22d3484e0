"""Checks parsed objects against their declared types, since dataclasses accept any value.

Otherwise a damaged attribute would get through and fail wherever it is first used.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from orders.domain.pricing.currencies import Currency

Check: TypeAlias = Callable[[Any], None]

_ENOUGH = frozenset({str, int, bool, bytes, types.NoneType, Currency})
"""Types whose objects need no look inside; currencies are never made from items, but looked up."""
_KINDS = 64
"""How many combinations of types are remembered of a dataclass: damaged items could have any number."""


class WrongType(TypeError):
    """A value does not have its declared type.

    Attributes:
        path: its path, such as ``lines.price``.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        super().__init__(f"{path or 'it'} is of another type")


def check_shape(value: object, shape: Any) -> None:
    """Returns if the value, and everything in it, has its declared type. Raises: WrongType."""
    _check_of(shape)(value)


def checker(shape: Any) -> Check:
    """Makes ``check_shape`` for one type."""
    return _check_of(shape)


@cache
def _check_of(shape: Any) -> Check:
    if is_dataclass(shape):
        return _dataclass_check(shape)
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in {Union, types.UnionType}:
        return _any_of(arguments)
    if origin is tuple:
        return _tuple_check(arguments)
    if origin is frozenset:
        return _each(frozenset, _check_of(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _check_json_object
    return _CHECKS.get(shape) or _instance_of(shape)


def _dataclass_check(shape: Any) -> Check:
    hints = get_type_hints(shape)
    names = [each.name for each in fields(shape)]
    parts = [(name, _plain_types(hints[name]), _check_of(hints[name])) for name in names]
    values = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    known: dict[tuple[type, ...], tuple[int, ...]] = {}
    """The places to look at more closely, by the types of all fields: pages have thousands of objects of few kinds."""

    def check(value: Any) -> None:
        if not isinstance(value, shape):
            raise WrongType
        found = values(value)
        kinds = tuple(map(type, found))
        places = known.get(kinds)
        if places is None:
            places = tuple(at for at, (_, plain, _) in enumerate(parts) if kinds[at] not in plain)
            if len(known) < _KINDS:
                known[kinds] = places
        for at in places:
            name, _, check_field = parts[at]
            try:
                check_field(found[at])
            except WrongType as error:
                raise WrongType(f"{name}.{error.path}" if error.path else name) from None

    return check


def _plain_types(shape: Any) -> frozenset[type]:
    """Returns the types whose values need no further check."""
    shapes = get_args(shape) if get_origin(shape) in {Union, types.UnionType} else (shape,)
    return frozenset(each for each in shapes if each in _ENOUGH or (isinstance(each, type) and issubclass(each, Enum)))


def _any_of(shapes: tuple[Any, ...]) -> Check:
    optional = types.NoneType in shapes
    checks = [_check_of(shape) for shape in shapes if shape is not types.NoneType]

    def check(value: Any) -> None:
        if value is None and optional:
            return None
        fault = WrongType()
        for each in checks:
            try:
                return each(value)
            except WrongType as error:
                fault = error
        raise fault

    return check


def _tuple_check(shapes: tuple[Any, ...]) -> Check:
    if shapes[-1] is Ellipsis:
        return _each(tuple, _check_of(shapes[0]))
    checks = [_check_of(shape) for shape in shapes]

    def check(value: Any) -> None:
        if not isinstance(value, tuple) or len(value) != len(checks):
            raise WrongType
        for each, check_part in zip(value, checks, strict=True):
            check_part(each)

    return check


def _each(kind: type[Any], check_one: Check) -> Check:
    def check(value: Any) -> None:
        if value.__class__ is not kind and not isinstance(value, kind):
            raise WrongType
        for each in value:
            check_one(each)

    return check


def _instance_of(shape: type) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, shape):
            raise WrongType

    return check


def _check_int(value: Any) -> None:
    # In Python True is an int; from the table a fractional quantity is a Decimal.
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongType


def _check_instant(value: Any) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise WrongType


def _check_decimal(value: Any) -> None:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise WrongType


def _check_json_object(value: Any) -> None:
    if not isinstance(value, dict):
        raise WrongType
    _check_json(value)


def _check_json(value: Any) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            try:
                _check_json(each)
            except WrongType as error:
                raise WrongType(f"{name}.{error.path}" if error.path else str(name)) from None
    elif isinstance(value, list):
        for each in value:
            _check_json(each)
    elif value is not None and not isinstance(value, str | int):
        raise WrongType


_CHECKS: dict[Any, Check] = {int: _check_int, datetime: _check_instant, Decimal: _check_decimal, Any: lambda _: None}
