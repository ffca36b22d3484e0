"""Serves the API's description: the OpenAPI document, and the reference for people."""

from functools import cache

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, Deprecations
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse
from orders.adapters.inbound.http.routes.reference import PUBLIC, reference_routes
from orders.adapters.wire import json_body


def about_routes(deprecated: Deprecations = DEPRECATED, *, local_tokens: bool = False) -> list[HTTPRouteHandler]:
    """Makes the routes; their content is built at the first request, and cached.

    Args:
        local_tokens: whether ``/local/token`` is served, too: then the reference offers to fetch a token there.
    """

    @cache
    def document() -> bytes:
        from orders.adapters.inbound.http.openapi.document import build_document

        return json_body.encode(build_document(deprecated))

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
        return Response(document(), media_type="application/json", headers=PUBLIC)

    return [openapi, *reference_routes(deprecated, local_tokens=local_tokens)]
