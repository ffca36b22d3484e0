"""The orders table as a value: the requests that the adapters make, carried out on items in a dictionary.

For tests that take the same requests in thousands of orders, which no server does in time. It knows what the adapters
write in expressions and nothing else; ``test_interleavings.py`` holds its answers against an emulator's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from orders.bootstrap.resources.topology_file import packaged_topology

WireItem: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[str, str]
Items: TypeAlias = Mapping[Key, WireItem]
Path: TypeAlias = tuple[str, ...]
Value: TypeAlias = Callable[[WireItem, Mapping[str, Any]], Any]
Holds: TypeAlias = Callable[[WireItem, Mapping[str, Any]], bool]

_TOKEN = re.compile(r"[:#]\w+(?:\.#\w+)*|[A-Za-z_]+|<>|<=|>=|[=<>(),+-]")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def carried_out(items: Items, operation: str, arguments: Mapping[str, Any]) -> tuple[Items, Any]:
    """The items after a request, and its answer: a response, or the ``ClientError`` that it ends in."""
    names = arguments.get("ExpressionAttributeNames", {})
    values = arguments.get("ExpressionAttributeValues", {})
    if operation == "query":
        return items, _queried(items, arguments, names, values)
    key = _key_of(arguments["Item"] if operation == "put_item" else arguments["Key"])
    found = items.get(key, {})
    if operation == "get_item":
        only = {names[each] for each in arguments.get("ProjectionExpression", "").split(", ") if each}
        shown = {name: value for name, value in found.items() if not only or name in only}
        return items, {"Item": shown} if key in items else {}
    if not _condition(arguments["ConditionExpression"], _frozen(names))(found, values):
        response: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}
        return items, ClientError(response | ({"Item": found} if found else {}), operation)
    if operation == "put_item":
        return {**items, key: arguments["Item"]}, {}
    assert operation == "update_item", operation
    after = _updated(found or arguments["Key"], arguments["UpdateExpression"], names, values)
    return {**items, key: after}, {"Attributes": after} if arguments["ReturnValues"] == "ALL_NEW" else {}


def _key_of(item: WireItem) -> Key:
    return item["PK"]["S"], item["SK"]["S"]


def _queried(items: Items, arguments: Mapping[str, Any], names: Mapping[str, str], values: Any) -> dict[str, Any]:
    holds = _condition(arguments["KeyConditionExpression"], _frozen(names))
    keys = _index_keys(arguments.get("IndexName"))
    found = [item for item in items.values() if set(keys) <= item.keys() and holds(item, values)]
    found.sort(key=lambda item: [item[name]["S"] for name in keys], reverse=not arguments["ScanIndexForward"])
    return {"Items": found[: arguments.get("Limit", len(found))]}


@cache
def _index_keys(name: str | None) -> tuple[str, ...]:
    if name is None:
        return ("PK", "SK")
    return next(tuple(index.keys) for index in packaged_topology().table_of("orders").indexes if index.name == name)


def _frozen(names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(names.items())


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str, names: Iterable[tuple[str, str]]) -> None:
        self.tokens = _TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), text
        self._names = dict(names)

    def next(self, *expected: str) -> str:
        token: str = self.tokens.pop(0)
        assert not expected or token in expected, (token, self.tokens)
        return token

    def follows(self, *tokens: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in tokens

    def path(self) -> Path:
        return tuple(self._names[name] for name in self.next().split("."))

    def any_of(self) -> Holds:
        parts = [self._all_of()]
        while self.follows("OR"):
            self.next()
            parts.append(self._all_of())
        return lambda item, values: any(part(item, values) for part in parts)

    def _all_of(self) -> Holds:
        parts = [self._one()]
        while self.follows("AND"):
            self.next()
            parts.append(self._one())
        return lambda item, values: all(part(item, values) for part in parts)

    def _one(self) -> Holds:
        if self.follows("("):
            self.next()
            inner = self.any_of()
            self.next(")")
            return inner
        if self.follows("NOT"):
            self.next()
            refused = self._one()
            return lambda item, values: not refused(item, values)
        if self.follows("attribute_type"):
            return self._of_type()
        if self.follows("attribute_exists", "attribute_not_exists"):
            wanted = self.next() == "attribute_exists"
            self.next("(")
            path = self.path()
            self.next(")")
            return lambda item, _: (_at(item, path) is not None) is wanted
        left, operator = self.value(), self.next()
        if operator == "BETWEEN":
            lowest, highest = self.value(), (self.next("AND"), self.value())[1]
            return lambda item, values: lowest(item, values) <= left(item, values) <= highest(item, values)
        if operator == "IN":
            listed = self._listed()
            return lambda item, values: left(item, values) in [each(item, values) for each in listed]
        right, compare = self.value(), _COMPARISONS[operator]

        def holds(item: WireItem, values: Mapping[str, Any]) -> bool:
            one, other = left(item, values), right(item, values)
            return operator == "<>" if one is None else type(one) is type(other) and compare(one, other)

        return holds

    def _of_type(self) -> Holds:
        self.next("attribute_type")
        self.next("(")
        path = self.path()
        self.next(",")
        kind = self.value()
        self.next(")")
        return lambda item, values: kind(item, values) in (_at(item, path) or ())

    def _listed(self) -> list[Value]:
        self.next("(")
        listed = [self.value()]
        while self.next(",", ")") == ",":
            listed.append(self.value())
        return listed

    def value(self) -> Value:
        if self.follows("size"):
            self.next()
            self.next("(")
            path = self.path()
            self.next(")")
            return lambda item, _: _plain_size(_at(item, path))
        if self.tokens[0].startswith(":"):
            name = self.next()
            return lambda _, values: _comparable(values[name])
        path = self.path()
        return lambda item, _: _comparable(_at(item, path))


@cache
def _condition(text: str, names: tuple[tuple[str, str], ...]) -> Holds:
    reader = _Reader(text, names)
    holds = reader.any_of()
    assert not reader.tokens, text
    return holds


def _at(item: WireItem, path: Path) -> Any:
    """The attribute under the path, tagged with its type; ``None`` where there is none."""
    value: Any = {"M": item}
    for name in path:
        value = value.get("M", {}).get(name)
        if value is None:
            return None
    return value


def _comparable(value: Any) -> Any:
    if value is None:
        return None
    ((kind, content),) = value.items()
    return int(content) if kind == "N" else content


def _plain_size(value: Any) -> int | None:
    return None if value is None else len(value.get("M") or ())


def _updated(before: WireItem, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> WireItem:
    """The item after an update expression, each of whose values is of the item before it."""
    after = dict(before)
    reader = _Reader(text, names.items())
    while reader.tokens:
        clause = reader.next("SET", "REMOVE")
        while True:
            path = reader.path()
            _put(after, path, _set_to(reader, before, values) if clause == "SET" else None)
            if not reader.follows(","):
                break
            reader.next(",")
    return after


def _set_to(reader: _Reader, before: WireItem, values: Mapping[str, Any]) -> Any:
    reader.next("=")
    first = _operand(reader, before, values)
    if not reader.follows("+", "-"):
        return first
    sign = 1 if reader.next() == "+" else -1
    second = _operand(reader, before, values)
    return {"N": str(int(first["N"]) + sign * int(second["N"]))}


def _operand(reader: _Reader, before: WireItem, values: Mapping[str, Any]) -> Any:
    if not reader.follows("if_not_exists"):
        return values[reader.next()] if reader.tokens[0].startswith(":") else _at(before, reader.path())
    reader.next()
    reader.next("(")
    there = _at(before, reader.path())
    reader.next(",")
    other = values[reader.next()]
    reader.next(")")
    return other if there is None else there


def _put(item: dict[str, Any], path: Path, value: Any) -> None:
    """Set what is under the path, or remove it; maps on the way are copied, for others may hold them."""
    name, *rest = path
    if rest:
        inner = dict(item[name]["M"])
        _put(inner, tuple(rest), value)
        item[name] = {"M": inner}
    elif value is None:
        item.pop(name, None)
    else:
        item[name] = value
