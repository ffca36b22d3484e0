"""Checks that a changed JSON Schema still accepts its callers' requests, or describes the responses that they expect.

It judges the keywords that this API's schemas use; where it can't be judged whether a change narrows or widens, it
counts as one that does.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from orders.adapters.inbound.http.openapi.json_schema import Schema
from tools.openapi.schema_comparison import Comparison, listed, shown

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_UNDECIDABLE = ("pattern", "format", "multipleOf", "uniqueItems", "propertyNames", "not")


class RequestComparison(Comparison):
    """Everything that was taken must still be taken."""

    def _unions(
        self, olds: Sequence[Schema], news: Sequence[Schema], at: str, seen: frozenset[str], *, grows: bool
    ) -> Iterator[tuple[str, str]]:
        del grows
        for old in olds:
            found = [list(self._single(old, new, at, seen)) for new in news]
            if all(found):
                yield from min(found, key=len)

    def _type_fits(self, old: str | None, new: str | None) -> bool:
        return new in {None, old} or (old, new) == ("integer", "number")

    def _values(self, old: list[Any] | None, new: list[Any] | None) -> Iterator[str]:
        if new is None:
            return
        if old is None:
            yield f"only {listed(new)} is taken now"
        elif gone := [value for value in old if value not in new]:
            yield f"{listed(gone)} is not taken any more"

    def _bounds(self, old: Schema, new: Schema) -> Iterator[str]:
        for name in (*_LOWER, *_UPPER):
            before, after = old.get(name), new.get(name)
            if after is None or after == before:
                continue
            if before is None or (after > before if name in _LOWER else after < before):
                yield f"{name} was {shown(before)} and is {after}"
        for name in _UNDECIDABLE:
            if new.get(name) not in (None, old.get(name)) and not _has_another_alternative(name, old, new):
                yield f"{name} was {shown(old.get(name))} and is {new[name]}"
        if "default" in old and old["default"] != new.get("default"):
            yield f"default was {old['default']} and is {shown(new.get('default'))}"

    def _object(self, old: Schema, new: Schema, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        before, after = old.get("properties", {}), new.get("properties", {})
        closed = new.get("additionalProperties") is False
        for name, schema in before.items():
            if name in after:
                yield from self._compare(schema, after[name], f"{at}/{name}", seen)
            elif closed:
                yield f"{at}/{name}", "it is not taken any more"
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield f"{at}/{name}", "it is required now"
        if closed and old.get("additionalProperties", True) is not False:
            yield at, "other fields are not taken any more"
        yield from self._maps(old, new, at, seen)


def _has_another_alternative(name: str, old: Schema, new: Schema) -> bool:
    """Returns whether the new pattern is the old one or something else: then it takes whatever the old one took."""
    return name == "pattern" and name in old and str(new[name]).startswith(f"{old[name]}|")


class AnswerComparison(Comparison):
    """Everything that is said must be what callers expect, but for what they are told to bear."""

    def _unions(
        self, olds: Sequence[Schema], news: Sequence[Schema], at: str, seen: frozenset[str], *, grows: bool
    ) -> Iterator[tuple[str, str]]:
        for new in news:
            found = [list(self._single(old, new, at, seen)) for old in olds]
            if all(found) and not (grows and len(news) > len(olds)):
                yield from min(found, key=len)
        if grows:
            # Those that were there must be there still, each as it was.
            for old in olds:
                found = [list(self._single(old, new, at, seen)) for new in news]
                if all(found):
                    yield from min(found, key=len)

    def _type_fits(self, old: str | None, new: str | None) -> bool:
        return old in {None, new} or (old, new) == ("number", "integer")

    def _values(self, old: list[Any] | None, new: list[Any] | None) -> Iterator[str]:
        if old is None:
            return
        if new is None:
            yield f"it was {listed(old)} and can be anything now"
            return
        gone, come = [value for value in old if value not in new], [value for value in new if value not in old]
        if gone and come:
            yield f"{listed(gone)} has become {listed(come)}"

    def _bounds(self, old: Schema, new: Schema) -> Iterator[str]:
        for name in (*_LOWER, *_UPPER):
            before, after = old.get(name), new.get(name)
            if before is None or after == before:
                continue
            if after is None or (after < before if name in _LOWER else after > before):
                yield f"{name} was {before} and is {shown(after)}"
        for name in _UNDECIDABLE:
            if old.get(name) not in (None, new.get(name)):
                yield f"{name} was {old[name]} and is {shown(new.get(name))}"

    def _object(self, old: Schema, new: Schema, at: str, seen: frozenset[str]) -> Iterator[tuple[str, str]]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self._compare(schema, after[name], f"{at}/{name}", seen)
            else:
                yield f"{at}/{name}", "it is gone"
        for name in old.get("required", []):
            if name in after and name not in new.get("required", []):
                yield f"{at}/{name}", "it may be missing now"
        yield from self._maps(old, new, at, seen)
