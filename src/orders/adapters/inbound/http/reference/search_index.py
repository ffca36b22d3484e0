"""Makes the index that the reference's search looks through: operations, problems, parameters, headers, fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from orders.adapters.inbound.http.openapi.parameters import COMMON_HEADERS, HEADERS, SECURED_HEADERS
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED
from orders.adapters.inbound.http.problems import KINDS, Kind
from orders.adapters.inbound.http.reference.operation_views import OperationView
from orders.adapters.inbound.http.reference.places import guide_section, operation_page, problem_page, schema_page
from orders.adapters.inbound.http.representations.search_index import SearchEntry, SearchIndex

_TEXT_CHARACTERS = 100
_PROBLEM_CHARACTERS = 600
"""Problems are few, and looked for by what they say."""
_Kind = Literal["operation", "guide", "problem", "parameter", "header", "schema", "field"]
_OF_ALL = frozenset(HEADERS[name][0] for name in (*COMMON_HEADERS, *SECURED_HEADERS))
"""Headers of every operation, which say nothing of one."""


def search_index(
    operations: Iterable[OperationView], schemas: Mapping[str, Any], sections: Mapping[str, str]
) -> SearchIndex:
    """Makes the index; operations come first, for most who search look for one."""
    views = list(operations)
    return {
        "entries": [
            *(_entry("operation", v.summary, f"{v.method} {v.path}", operation_page(v.id), v.id) for v in views),
            *(_entry("guide", title, "How it works", guide_section(each), "") for title, each in sections.items()),
            *(_problem(kind) for kind in KINDS),
            *(each for view in views for each in _parameters(view)),
            *(each for view in views for each in _headers(view)),
            *(each for name, schema in schemas.items() for each in _fields(name, schema)),
        ]
    }


def _parameters(view: OperationView) -> Iterator[SearchEntry]:
    for each in view.parameters:
        if each["name"] not in view.common:
            href = f"{operation_page(view.id)}#{parameter_anchor(each['name'])}"
            yield _entry("parameter", each["name"], view.summary, href, each["description"])


def _headers(view: OperationView) -> Iterator[SearchEntry]:
    said = {
        name: header["description"]
        for answer in view.answers.values()
        for name, header in answer["headers"].items()
        if name not in _OF_ALL
    }
    for name, description in said.items():
        yield _entry("header", name, view.summary, f"{operation_page(view.id)}#answers", description)


def _problem(kind: Kind) -> SearchEntry:
    explained = EXPLAINED[kind]
    text = f"{kind.status} {explained.meaning} {explained.remedy}"
    return _entry("problem", kind.name, kind.title, problem_page(kind.name), text, _PROBLEM_CHARACTERS)


def _fields(name: str, schema: Mapping[str, Any]) -> Iterator[SearchEntry]:
    yield _entry("schema", name, "", schema_page(name), schema.get("description", ""))
    for field, said in schema.get("properties", {}).items():
        href = f"{schema_page(name)}#{field_anchor(field)}"
        yield _entry("field", field, name, href, said.get("description", ""))


def parameter_anchor(name: str) -> str:
    """Returns the id of a parameter's row on the operation's page."""
    return f"parameter-{name}"


def field_anchor(name: str) -> str:
    """Returns the id of a field's row on the schema's page."""
    return f"field-{name}"


def _entry(
    kind: _Kind, title: str, where: str, href: str, text: str, characters: int = _TEXT_CHARACTERS
) -> SearchEntry:
    first = " ".join(text.replace("`", "").split())
    short = first if len(first) <= characters else first[:characters].rpartition(" ")[0] + " …"
    return {"kind": kind, "title": title, "where": where, "href": href, "text": short}
