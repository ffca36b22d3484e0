"""Serves the API's description: the OpenAPI document, the reference page, and the addresses of problem types."""

from functools import cache
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, DOCS_PATH, Deprecations
from orders.adapters.inbound.http.operation import HTML, ApiOperation, DocumentedResponse
from orders.adapters.inbound.http.problems import KINDS, NOT_FOUND, problem
from orders.adapters.wire import json_body

_PUBLIC = {"Cache-Control": "public, max-age=300"}
"""The headers of pages that change with a release only; five minutes later everybody has the new one."""


def about_routes(deprecated: Deprecations = DEPRECATED) -> list[HTTPRouteHandler]:
    """Makes the routes; their content is built at the first request, and cached."""

    @cache
    def document() -> bytes:
        from orders.adapters.inbound.http.openapi.document import build_document

        return json_body.encode(build_document(deprecated))

    @cache
    def page() -> tuple[bytes, str]:
        from orders.adapters.inbound.http.openapi.document import build_document
        from orders.adapters.inbound.http.openapi.page import render_page

        made = render_page(build_document(deprecated))
        return made.html, made.policy

    @get(
        "/v1.0/openapi.json",
        sync_to_thread=True,
        operation=ApiOperation(
            "getOpenApi",
            "About this API",
            "Get this document",
            "OpenAPI 3.1 of this version of the API.",
            (DocumentedResponse(200, "An OpenAPI document.", ("OpenApiDocument",), ("CacheControl",)),),
        ),
    )
    def openapi() -> Response[bytes]:
        """Returns the OpenAPI document."""
        return Response(document(), media_type="application/json", headers=_PUBLIC)

    @get(
        DOCS_PATH,
        sync_to_thread=True,
        operation=ApiOperation(
            "getDocs",
            "About this API",
            "Read the reference",
            "This document as a page for people. It loads nothing from anywhere.",
            (DocumentedResponse(200, "A page.", headers=("CacheControl", "PagePolicy"), media_type=HTML),),
        ),
    )
    def docs() -> Response[bytes]:
        """Returns the reference page."""
        html, policy = page()
        return Response(html, media_type=HTML, headers=_PUBLIC | {"Content-Security-Policy": policy})

    @get(
        "/problems/{name:str}",
        operation=ApiOperation(
            "getProblemType",
            "About this API",
            "Read what a kind of problem means",
            "Where the `type` of a problem leads: to its place on the reference page.",
            (DocumentedResponse(303, "To the page.", headers=("PageLocation", "CacheControl")),),
            parameters=("ProblemName",),
            problems=(problems.NOT_FOUND,),
        ),
    )
    async def problem_type(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Redirects a problem's type to its place on the reference page."""
        if all(kind.name != name for kind in KINDS):
            return problem(request, NOT_FOUND, f"there is no kind of problem called {name[:40]!r}; see {DOCS_PATH}")
        return Response(
            b"", status_code=303, media_type="text/plain", headers=_PUBLIC | {"Location": f"{DOCS_PATH}#problem-{name}"}
        )

    return [openapi, docs, problem_type]
