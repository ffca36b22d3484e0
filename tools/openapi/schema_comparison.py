"""Comparing two JSON Schemas: what both directions, bodies and answers, have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orders.adapters.inbound.http.openapi.json_schema import Schema

_UNIONS = ("anyOf", "oneOf")


class Comparison(ABC):
    """One direction of comparing the schemas of two documents."""

    def __init__(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        self._documents = (before, after)
        self._compared: dict[str, list[tuple[str, str]]] = {}

    def changes(self, old: Schema, new: Schema) -> list[tuple[str, str]]:
        """JSON pointers, with ``*`` for any item, and what has changed there."""
        return list(self._compare(old, new, "", frozenset()))

    def _compare(self, old: Any, new: Any, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        """The changes of two schemas; components are compared once, however often they are referred to."""
        if not ("$ref" in old and "$ref" in new):
            yield from self._whole(old, new, at, seen)
            return
        pair = f"{old['$ref']} {new['$ref']}"
        if pair in seen:
            return  # a schema inside itself, which is being compared already
        if pair not in self._compared:
            self._compared[pair] = list(self._whole(old, new, "", seen | {pair}))
        yield from ((at + pointer, what) for pointer, what in self._compared[pair])

    def _whole(self, old: Any, new: Any, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        olds, news = self._variants(old, 0), self._variants(new, 1)
        if len(olds) == 1 and len(news) == 1:
            yield from self._single(olds[0], news[0], at, seen)
            return
        yield from self._unions(olds, news, at, seen, grows=self._grows(old, new))

    @abstractmethod
    def _unions(
        self, olds: Sequence[Schema], news: Sequence[Schema], at: str, seen: frozenset[str], *, grows: bool
    ) -> Iterator[tuple[str, str]]: ...

    def _single(self, old: Schema, new: Schema, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        old_type, new_type = old.get("type"), new.get("type")
        if not self._type_fits(old_type, new_type):
            yield at, f"it was {old_type or 'any value'} and is {new_type or 'any value'}"
            return
        yield from ((at, what) for what in self._values(_values(old), _values(new)))
        yield from ((at, what) for what in self._bounds(old, new))
        if "items" in old or "items" in new:
            yield from self._compare(old.get("items", {}), new.get("items", {}), f"{at}/*", seen)
        yield from self._object(old, new, at, seen)

    @abstractmethod
    def _type_fits(self, old: str | None, new: str | None) -> bool: ...

    @abstractmethod
    def _values(self, old: list[Any] | None, new: list[Any] | None) -> Iterator[str]: ...

    @abstractmethod
    def _bounds(self, old: Schema, new: Schema) -> Iterator[str]: ...

    @abstractmethod
    def _object(self, old: Schema, new: Schema, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]: ...

    def _maps(self, old: Schema, new: Schema, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        """The values of objects whose keys are not written down; where nothing is said of them, they are any."""
        others = [each.get("additionalProperties", True) for each in (old, new)]
        if False not in others and others != [True, True]:
            before, after = ({} if each is True else each for each in others)
            yield from self._compare(before, after, f"{at}/*", seen)

    def _variants(self, schema: Any, side: int) -> list[Schema]:
        """The alternatives that a schema consists of, each with one type at most."""
        schema = resolved(schema, self._documents[side])
        for key in _UNIONS:
            if key in schema:
                rest = {name: value for name, value in schema.items() if name not in {key, "discriminator"}}
                return [variant for each in schema[key] for variant in self._variants({**rest, "allOf": [each]}, side)]
        if "allOf" in schema:
            whole: Schema = {name: value for name, value in schema.items() if name != "allOf"}
            parts = [self._variants(each, side) for each in schema["allOf"]]
            if any(len(part) != 1 for part in parts):
                (union,) = (part for part in parts if len(part) != 1)
                return [_both(whole, variant) for variant in union]
            for (part,) in parts:
                whole = _both(whole, part)
            return [whole]
        types = schema.get("type")
        return [{**schema, "type": each} for each in types] if isinstance(types, list) else [schema]

    def _grows(self, old: Any, new: Any) -> bool:
        return all(
            "discriminator" in resolved(each, document)
            for each, document in zip((old, new), self._documents, strict=True)
        )


def resolved(part: Any, document: Mapping[str, Any]) -> Any:
    """Resolves a chain of references."""
    while isinstance(part, dict) and "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def listed(values: Sequence[Any]) -> str:
    """The values, for people."""
    return ", ".join(map(str, values))


def shown(value: Any) -> str:
    """The value, for people."""
    return "not set" if value is None else str(value)


def _both(one: Schema, other: Schema) -> Schema:
    """A schema that asks for what both ask for."""
    whole = one | other
    if "properties" in one and "properties" in other:
        shared = one["properties"].keys() & other["properties"].keys()
        both = {name: {"allOf": [one["properties"][name], other["properties"][name]]} for name in shared}
        whole["properties"] = one["properties"] | other["properties"] | both
    required = {*one.get("required", []), *other.get("required", [])}
    return whole | {"required": sorted(required)} if required else whole


def _values(schema: Schema) -> list[Any] | None:
    """The values that there are, where they are written down."""
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    if values is None or schema.get("type") is None:
        return values
    return [value for value in values if (value is None) == (schema["type"] == "null")]
