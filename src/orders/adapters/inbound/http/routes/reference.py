"""Serves the reference: the API's description as pages for people, and the addresses of problem types."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi.deprecation import DOCS_PATH, Deprecations
from orders.adapters.inbound.http.operation import HTML, ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.problems import KINDS, NOT_FOUND, problem
from orders.adapters.inbound.http.representations.search_index import SearchEntry, SearchIndex
from orders.adapters.wire import json_body

if TYPE_CHECKING:
    # Only loaded when somebody reads the reference: templates and CommonMark.
    from orders.adapters.inbound.http.reference.site import ReferenceSite, Section

PUBLIC = {"Cache-Control": "public, max-age=300"}
"""The headers of pages that change with a release only; five minutes later everybody has the new one."""
TOKEN_PATH = "/local/token"  # noqa: S105 - an address
_TAG = "About this API"
_SHOWN_CHARACTERS = 40
_ENTRY: SearchEntry = {
    "kind": "operation",
    "title": "Place an order",
    "where": "POST /v1.0/orders",
    "href": f"{DOCS_PATH}/operations/createOrder",
    "text": "createOrder",
}
_INDEX = {"index": Example("One of its entries", lambda _: SearchIndex(entries=[_ENTRY]))}
_PAGE = DocumentedResponse(200, "A page.", headers=("CacheControl", "PagePolicy"), media_type=HTML)
_MISSING = DocumentedResponse(404, "For browsers, a page that lists what there is.", media_type=HTML)


def _operation(name: str, summary: str, description: str, *parameters: str) -> ApiOperation:
    """Describes an operation that answers a page; one with parameters may find that there is none."""
    responses = (_PAGE, _MISSING) if parameters else (_PAGE,)
    missing = (NOT_FOUND,) if parameters else ()
    return ApiOperation(name, _TAG, summary, description, responses, parameters=parameters, problems=missing)


def reference_routes(deprecated: Deprecations, *, local_tokens: bool) -> list[HTTPRouteHandler]:
    """Makes the routes; each page is rendered at the first request, and kept.

    Args:
        local_tokens: whether ``/local/token`` is served, too.
    """

    @cache
    def site() -> "ReferenceSite":
        from orders.adapters.inbound.http.openapi.document import build_document
        from orders.adapters.inbound.http.reference.site import ReferenceSite

        return ReferenceSite(build_document(deprecated), local_tokens=local_tokens)

    def named(request: Request[Any, Any, Any], section: "Section", name: str) -> Response[bytes]:
        html = site().page(section, name)
        if html is not None:
            return _page(html)
        return _missing(request, section, name, site)

    @get(
        DOCS_PATH,
        sync_to_thread=True,
        operation=_operation(
            "getDocs", "Read the reference", "This document as pages for people, which load nothing from elsewhere."
        ),
    )
    def docs() -> Response[bytes]:
        """Returns the first page."""
        return _page(site().index())

    @get(
        f"{DOCS_PATH}/guide",
        sync_to_thread=True,
        operation=_operation("getDocsGuide", "Read how the API works", "The rules of all operations, as a page."),
    )
    def guide() -> Response[bytes]:
        """Returns the page with the rules of all operations."""
        return _page(site().guide())

    @get(
        f"{DOCS_PATH}/operations/{{name:str}}",
        sync_to_thread=True,
        operation=_operation(
            "getDocsOperation",
            "Read about an operation",
            "What an operation takes and answers, as a page from which it can be called.",
            "OperationName",
        ),
    )
    def operation_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Returns an operation's page."""
        return named(request, "operations", name)

    @get(
        f"{DOCS_PATH}/schemas/{{name:str}}",
        sync_to_thread=True,
        operation=_operation("getDocsSchema", "Read about a schema", "A schema's fields, as a page.", "SchemaName"),
    )
    def schema_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Returns a schema's page."""
        return named(request, "schemas", name)

    @get(
        f"{DOCS_PATH}/problems/{{name:str}}",
        sync_to_thread=True,
        operation=_operation(
            "getDocsProblem",
            "Read about a kind of problem",
            "What a kind of problem means, when it comes and what to do, as a page.",
            "ProblemName",
        ),
    )
    def problem_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Returns the page of a kind of problem."""
        return named(request, "problems", name)

    @get(
        "/problems/{name:str}",
        sync_to_thread=True,
        operation=ApiOperation(
            "getProblemType",
            _TAG,
            "Open the type of a problem",
            "Where the `type` of a problem leads: to its page in the reference.",
            (DocumentedResponse(303, "To the page.", headers=("PageLocation", "CacheControl")), _MISSING),
            parameters=("ProblemName",),
            problems=(problems.NOT_FOUND,),
        ),
    )
    def problem_type(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Redirects a problem's type to its page."""
        if all(kind.name != name for kind in KINDS):
            return _missing(request, "problems", name, site)
        location = {"Location": f"{DOCS_PATH}/problems/{name}"}
        return Response(b"", status_code=303, media_type="text/plain", headers=PUBLIC | location)

    @get(
        f"{DOCS_PATH}/search.json",
        sync_to_thread=True,
        operation=ApiOperation(
            "getDocsSearch",
            _TAG,
            "Get the reference's search index",
            "What the search on the reference's pages looks through.",
            (DocumentedResponse(200, "The index.", (SearchIndex,), ("CacheControl",), _INDEX),),
        ),
    )
    def search() -> Response[bytes]:
        """Returns the search index."""
        return Response(json_body.encode(site().search_index()), media_type="application/json", headers=PUBLIC)

    style = _file("reference.css", "text/css", "getDocsStyle", "Get the reference's style sheet")
    script = _file("reference.js", "text/javascript", "getDocsScript", "Get the reference's script")
    return [docs, guide, operation_page, schema_page, problem_page, problem_type, search, style, script]


def _file(
    name: Literal["reference.css", "reference.js"], media_type: str, operation_id: str, summary: str
) -> HTTPRouteHandler:
    @get(
        f"{DOCS_PATH}/{name}",
        sync_to_thread=True,
        operation=ApiOperation(
            operation_id,
            _TAG,
            summary,
            "One file for all of its pages.",
            (DocumentedResponse(200, "The file.", headers=("CacheControl",), media_type=media_type),),
        ),
    )
    def packaged() -> Response[bytes]:
        """Returns the file."""
        from orders.adapters.inbound.http.reference.site import packaged_file

        return Response(packaged_file(name), media_type=media_type, headers=PUBLIC)

    return packaged


def _page(html: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    from orders.adapters.inbound.http.reference.site import POLICY

    said = (PUBLIC if headers is None else headers) | {"Content-Security-Policy": POLICY}
    return Response(html, status_code=status, media_type=HTML, headers=said)


def _missing(
    request: Request[Any, Any, Any], section: "Section", name: str, site: "Callable[[], ReferenceSite]"
) -> Response[bytes]:
    """Says that there is no page of this name: to browsers by a page, to programs by a problem."""
    if HTML in request.headers.get("accept", ""):
        return _page(site().missing(section, name[:_SHOWN_CHARACTERS]), 404, {"Vary": "Accept"})
    what = {"operations": "operation", "schemas": "schema", "problems": "kind of problem"}[section]
    detail = f"there is no {what} called {name[:_SHOWN_CHARACTERS]!r}; see {DOCS_PATH}"
    return problem(request, NOT_FOUND, detail, headers={"Vary": "Accept"})
