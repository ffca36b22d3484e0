"""Formats JSON examples as HTML; addresses in them lead to the reference's pages about what is there."""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from orders.adapters.inbound.http.openapi.deprecation import OperationFinder, operation_page
from orders.adapters.inbound.http.problems import BASE, KINDS
from orders.adapters.inbound.http.reference.places import problem_page
from orders.adapters.wire import json_body

_PROBLEMS = {BASE + kind.name: problem_page(kind.name) for kind in KINDS}
_INDENT = "  "


def pretty(value: Any) -> str:
    """Formats JSON for people, its numbers with exactly their digits."""
    return msgspec.json.format(json_body.encode(value), indent=2).decode()


class JsonMarkup:
    """Formats JSON as ``pretty`` does, with links."""

    def __init__(self, operations: OperationFinder) -> None:
        self._operations = operations

    def render(self, value: Any) -> Markup:
        """Formats a value; numbers keep exactly their digits."""
        # Encoded first: parts of an example may be JSON already.
        return Markup("").join(self._parts(json_body.decode(json_body.encode(value)), "\n", {}))

    def _parts(self, value: Any, line: str, beside: Mapping[str, Any], name: str = "") -> Iterator[Markup]:
        if isinstance(value, Mapping) and value:
            yield from self._members(value, line)
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            yield Markup("[")
            for index, each in enumerate(value):
                yield _text(("," if index else "") + line + _INDENT)
                yield from self._parts(each, line + _INDENT, {})
            yield _text(line + "]")
        else:
            yield self._scalar(value, beside, name)

    def _members(self, value: Mapping[str, Any], line: str) -> Iterator[Markup]:
        yield Markup("{")
        for index, (name, each) in enumerate(value.items()):
            yield _text(("," if index else "") + line + _INDENT + json_body.encode(name).decode() + ": ")
            yield from self._parts(each, line + _INDENT, value, name)
        yield _text(line + "}")

    def _scalar(self, value: Any, beside: Mapping[str, Any], name: str) -> Markup:
        shown = _text(json_body.encode(value).decode())
        href = self._href(value, beside, name) if isinstance(value, str) else None
        return shown if href is None else Markup('<a href="{}">{}</a>').format(href, shown)

    def _href(self, value: str, beside: Mapping[str, Any], name: str) -> str | None:
        if name == "href":
            found = self._operations.find(str(beside.get("method", "GET")), value.partition("?")[0])
            return None if found is None else operation_page(found.operation.operation_id)
        return _PROBLEMS.get(value) if name == "type" else None


def _text(source: str) -> Markup:
    """Escapes a text between tags: quotes stay, of which JSON has many."""
    return Markup(html.escape(source, quote=False))  # noqa: S704 - escaped
