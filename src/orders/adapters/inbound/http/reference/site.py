"""Renders the reference: pages of the OpenAPI document for people, which load nothing from elsewhere.

Each page is rendered when it is first asked for, and kept. Their script and style sheet are files of this package,
served from this host, and the Content-Security-Policy allows nothing else: no inline script or style, no other host.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from orders.adapters.inbound.http.openapi.deprecation import OperationFinder
from orders.adapters.inbound.http.openapi.document import ENDPOINTS
from orders.adapters.inbound.http.openapi.parameters import HEADERS
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED, Explained
from orders.adapters.inbound.http.problems import BASE, KINDS, Kind
from orders.adapters.inbound.http.reference import places
from orders.adapters.inbound.http.reference.json_markup import JsonMarkup, pretty
from orders.adapters.inbound.http.reference.operation_views import OperationView, operation_views
from orders.adapters.inbound.http.reference.places import (
    DOCS_PATH,
    GUIDE_PATH,
    operation_page,
    problem_page,
    schema_page,
)
from orders.adapters.inbound.http.reference.prose_markup import ProseMarkup, anchor_of, sections_of
from orders.adapters.inbound.http.reference.schema_words import SchemaWords
from orders.adapters.inbound.http.reference.search_index import field_anchor, parameter_anchor, search_index
from orders.adapters.inbound.http.representations.search_index import SearchIndex

Section = Literal["operations", "schemas", "problems"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The pages' Content-Security-Policy. Requests sent from a page go to the host that served it, and to no other."""

PRODUCTION = "https://api.bbws.io"
LOCAL = "http://127.0.0.1:8080"
_PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"


class ReferenceSite:
    """The reference of an OpenAPI document of ours.

    Args:
        local_tokens: whether ``/local/token`` is served beside it: then pages offer to fetch a token there.
    """

    def __init__(self, document: dict[str, Any], *, local_tokens: bool = False) -> None:
        self._document = document
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._sections = sections_of(document["info"]["description"])
        self._operations = operation_views(document)
        self._kinds = {kind.name: kind for kind in KINDS}
        self._prose = ProseMarkup(self._sections)
        self._words = SchemaWords(self._schemas)
        self._kept: dict[tuple[str, str], bytes] = {}
        self._environment = Environment(
            loader=PackageLoader("orders", "templates/docs"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "anchor_of": anchor_of,
            "base": BASE,
            "field_anchor": field_anchor,
            "groups": self._groups(),
            "info": document["info"],
            "inline": self._prose.inline,
            "json": JsonMarkup(OperationFinder(ENDPOINTS)).render,
            "kinds": self._kinds,
            "local_tokens": local_tokens,
            "operations": self._operations,
            "origin": LOCAL if local_tokens else PRODUCTION,
            "parameter_anchor": parameter_anchor,
            "places": places,
            "pretty": pretty,
            "schemas": self._schemas,
            "sections": self._sections,
            "text": self._prose.block,
            "version_of": _version_of,
            "words": self._words,
        }

    def index(self) -> bytes:
        """Returns the first page: search, all operations, problems and schemas."""
        return self._once("index", "", lambda: self._render("index.html", DOCS_PATH, servers=self._document["servers"]))

    def guide(self) -> bytes:
        """Returns the page with the rules of all operations."""
        prose = self._prose.block(self._document["info"]["description"])
        return self._once("guide", "", lambda: self._render("guide.html", GUIDE_PATH, prose=prose))

    def page(self, section: Section, name: str) -> bytes | None:
        """Returns the page of an operation, a schema or a kind of problem; ``None`` if there is none of this name."""
        if section == "operations" and name in self._operations:
            return self._once(section, name, lambda: self._operation(self._operations[name]))
        if section == "schemas" and name in self._schemas:
            return self._once(section, name, lambda: self._schema(name))
        if section == "problems" and name in self._kinds:
            return self._once(section, name, lambda: self._problem(self._kinds[name]))
        return None

    def missing(self, section: Section, name: str) -> bytes:
        """Returns the page that says that there is no page of this name, and lists those of its section.

        It is rendered once, for names there are without end, and anybody may ask for one.
        """
        page = self._once("missing", section, lambda: self._render("missing.html", "", section=section, name=_PLACE))
        return page.replace(_PLACE.encode(), str(escape(name)).encode())

    def names(self, section: Section) -> list[str]:
        """Lists the names of a section's pages."""
        by_section: dict[Section, Mapping[str, Any]] = {
            "operations": self._operations, "schemas": self._schemas, "problems": self._kinds,
        }  # fmt: skip
        return list(by_section[section])

    def search_index(self) -> SearchIndex:
        """Returns the index that the pages' search looks through."""
        views = self._operations.values()
        # What callers send is looked for more than what they get, and that more than what events have.
        used = self._words.parts([[view.body for view in views], [view.answers for view in views]])
        return search_index(views, {name: self._schemas[name] for name in (*used, *self._schemas)}, self._sections)

    def _operation(self, view: OperationView) -> bytes:
        body = next(iter(view.body["content"].values()))["schema"] if view.body else None
        parts = [] if body is None else self._words.parts(body)
        return self._render("operation.html", operation_page(view.id), each=view, body=body, body_parts=parts)

    def _schema(self, name: str) -> bytes:
        users = [other for other, schema in self._schemas.items() if name in self._directly[other] and other != name]
        takers = [view for view in self._operations.values() if name in self._named_by(view)]
        return self._render("schema.html", schema_page(name), name=name, schema=self._schemas[name], users=users,
                            takers=takers)  # fmt: skip

    def _problem(self, kind: Kind) -> bytes:
        explained: Explained = EXPLAINED[kind]
        answering = [
            view for view in self._operations.values() if any(kind.name in names for names in view.problems.values())
        ]
        return self._render(
            "problem.html", problem_page(kind.name), kind=kind, explained=explained, answering=answering,
            everywhere=len(answering) == len(self._operations),
            headers=[HEADERS[name] for name in explained.headers],
        )  # fmt: skip

    @cached_property
    def _directly(self) -> dict[str, frozenset[str]]:
        """Names of the schemas that each schema refers to itself."""
        return {name: frozenset(self._words.references(schema)) for name, schema in self._schemas.items()}

    def _named_by(self, view: OperationView) -> frozenset[str]:
        return frozenset(self._words.references([view.body, view.answers, view.parameters]))

    def _groups(self) -> list[dict[str, Any]]:
        """Groups operations by tag."""
        return [
            tag | {
                "anchor": anchor_of(tag["name"]),
                "operations": [view for view in self._operations.values() if view.tag == tag["name"]],
            }
            for tag in self._document["tags"]
        ]  # fmt: skip

    def _once(self, section: str, name: str, make: Callable[[], bytes]) -> bytes:
        found = self._kept.get((section, name))
        if found is None:
            found = self._kept[section, name] = make()
        return found

    def _render(self, template: str, here: str, **values: Any) -> bytes:
        return self._environment.get_template(template).render(here=here, **values).encode()


@cache
def packaged_file(name: Literal["reference.css", "reference.js"]) -> bytes:
    """Reads the pages' style sheet or script."""
    return files("orders").joinpath("templates", "docs", name).read_bytes()


@cache
def _version_of(name: Literal["reference.css", "reference.js"]) -> str:
    """Makes a version of the file for its address, so that nobody gets an older one from a cache."""
    return hashlib.sha256(packaged_file(name)).hexdigest()[:12]
