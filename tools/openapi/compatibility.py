"""Finds the changes of an OpenAPI document that break callers of the previous one ([API-9]).

Inside a version changes are additive. Callers may rely on everything that the document before says but this: answers
may get new fields, new members of enumerations, new members of unions that have a discriminator, new kinds of problems
and new error codes. Whatever can't be judged, such as a changed pattern, counts as breaking.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi.json_schema import Schema
from tools.openapi.compatible_schemas import AnswerComparison, RequestComparison
from tools.openapi.schema_comparison import listed, resolved

_METHODS = ("get", "put", "post", "patch", "delete", "head", "options")


@dataclass(frozen=True, slots=True)
class Breaking:
    """One change that breaks callers: where, such as ``createOrder body /items/price``, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def breaking_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Breaking]:
    """Every change from one document to the next that breaks callers; none when all is additive."""
    return list(_Documents(before, after).changes())


class _Documents:
    def __init__(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        self._before = before
        self._after = after
        self._requests = RequestComparison(before, after)
        self._answers = AnswerComparison(before, after)

    def changes(self) -> Iterator[Breaking]:
        for path, methods in self._before["paths"].items():
            for method in _METHODS:
                if method not in methods:
                    continue
                old = methods[method]
                new = self._after["paths"].get(path, {}).get(method)
                if new is None:
                    yield Breaking(f"{method.upper()} {path}", "the operation is gone")
                else:
                    yield from self._operation(old, new)

    def _operation(self, old: Schema, new: Schema) -> Iterator[Breaking]:
        name = old["operationId"]
        if new["operationId"] != name:
            yield Breaking(name, f"it is called {new['operationId']} now, as are clients made of the document")
        yield from self._security(name, old, new)
        yield from self._parameters(name, old, new)
        yield from self._body(f"{name} body", old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(name, old["responses"], new["responses"])

    def _security(self, name: str, old: Schema, new: Schema) -> Iterator[Breaking]:
        # Each is a list of alternatives, each of those what a caller must show; an empty list asks for nothing.
        asked_now = [set(each) for each in new.get("security", self._after.get("security")) or [{}]]
        for each in old.get("security", self._before.get("security")) or [{}]:
            if not any(now <= set(each) for now in asked_now):
                yield Breaking(name, f"{' and '.join(sorted(each)) or 'no authentication'} is not enough any more")

    def _parameters(self, name: str, old: Schema, new: Schema) -> Iterator[Breaking]:
        before = {(each["in"], each["name"]): each for each in map(self._old, old.get("parameters", []))}
        after = {(each["in"], each["name"]): each for each in map(self._new, new.get("parameters", []))}
        for key, parameter in before.items():
            where = f"{name} {key[0]} parameter {key[1]}"
            if key not in after:
                yield Breaking(where, "it is gone")
                continue
            now = after[key]
            if now.get("required") and not parameter.get("required"):
                yield Breaking(where, "it is required now")
            for style in ("style", "explode"):
                if now.get(style) != parameter.get(style):
                    yield Breaking(where, f"{style} was {parameter.get(style)} and is {now.get(style)}")
            yield from self._each(where, self._requests.changes(parameter["schema"], now["schema"]))
        for (place, parameter_name), parameter in after.items():
            if (place, parameter_name) not in before and parameter.get("required"):
                yield Breaking(f"{name} {place} parameter {parameter_name}", "it is new and required")

    def _body(self, where: str, old: Schema | None, new: Schema | None) -> Iterator[Breaking]:
        if old is None or new is None:
            if old is not None:
                yield Breaking(where, "it is not taken any more")
            elif new is not None and self._new(new).get("required"):
                yield Breaking(where, "it is new and required")
            return
        old, new = self._old(old), self._new(new)
        if new.get("required") and not old.get("required"):
            yield Breaking(where, "it is required now")
        for media_type, content in old["content"].items():
            if media_type not in new["content"]:
                yield Breaking(where, f"it is not taken as {media_type} any more")
            else:
                found = self._requests.changes(content["schema"], new["content"][media_type]["schema"])
                yield from self._each(where, found)

    def _responses(self, name: str, old: Schema, new: Schema) -> Iterator[Breaking]:
        for status, response in old.items():
            if status in new:
                yield from self._response(f"{name} {status}", self._old(response), self._new(new[status]))
            else:
                yield Breaking(f"{name} {status}", "it is not answered any more")
        for status in new.keys() - old.keys():
            if not status.startswith(("4", "5")):
                yield Breaking(f"{name} {status}", "it is a new way to succeed, which callers don't expect")

    def _response(self, where: str, old: Schema, new: Schema) -> Iterator[Breaking]:
        for name, header in old.get("headers", {}).items():
            if name not in new.get("headers", {}):
                yield Breaking(f"{where} header {name}", "it is gone")
                continue
            before, after = self._old(header), self._new(new["headers"][name])
            if before.get("required") and not after.get("required"):
                yield Breaking(f"{where} header {name}", "it may be missing now")
            yield from self._each(f"{where} header {name}", self._answers.changes(before["schema"], after["schema"]))
        for media_type, content in old.get("content", {}).items():
            if media_type not in new.get("content", {}):
                yield Breaking(where, f"it is not answered as {media_type} any more")
            else:
                after = new["content"][media_type]
                yield from self._each(where, self._answers.changes(content["schema"], after["schema"]))
                if media_type == problems.MEDIA_TYPE:
                    yield from self._kinds(where, list(content["examples"]), list(after["examples"]))

    @staticmethod
    def _kinds(where: str, old: list[str], new: list[str]) -> Iterator[Breaking]:
        """A response has an example of each kind of problem that it can be, under its name."""
        gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
        if gone and come:
            yield Breaking(where, f"the problem {listed(gone)} has become {listed(come)}")

    def _old(self, part: Schema) -> Schema:
        found: Schema = resolved(part, self._before)
        return found

    def _new(self, part: Schema) -> Schema:
        found: Schema = resolved(part, self._after)
        return found

    @staticmethod
    def _each(where: str, found: list[tuple[str, str]]) -> Iterator[Breaking]:
        for pointer, what in found:
            yield Breaking(f"{where} {pointer}".rstrip(), what)
