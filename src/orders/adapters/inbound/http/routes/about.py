"""The routes that tell of the API itself: its OpenAPI document, the reference page, where types of problems lead."""

from functools import cache
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, DOCS_PATH, Deprecations
from orders.adapters.inbound.http.openapi.operation import HTML
from orders.adapters.inbound.http.problems import KINDS, NOT_FOUND, problem
from orders.adapters.wire import json_body

_PUBLIC = {"Cache-Control": "public, max-age=300"}
"""They change with a release only; five minutes later everybody has the new one."""


def about_routes(deprecated: Deprecations = DEPRECATED) -> list[HTTPRouteHandler]:
    """The routes; what they answer is made when somebody first asks, and kept."""

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

    @get("/v1.0/openapi.json", sync_to_thread=True)
    def openapi() -> Response[bytes]:
        """The OpenAPI document."""
        return Response(document(), media_type="application/json", headers=_PUBLIC)

    @get(DOCS_PATH, sync_to_thread=True)
    def docs() -> Response[bytes]:
        """The reference page."""
        html, policy = page()
        return Response(html, media_type=HTML, headers=_PUBLIC | {"Content-Security-Policy": policy})

    @get("/problems/{name:str}")
    async def problem_type(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Where a problem's type leads."""
        if all(kind.name != name for kind in KINDS):
            return problem(request, NOT_FOUND, f"there is no kind of problem called {name[:40]!r}; see {DOCS_PATH}")
        return Response(
            b"", status_code=303, media_type="text/plain", headers=_PUBLIC | {"Location": f"{DOCS_PATH}#problem-{name}"}
        )

    return [openapi, docs, problem_type]
