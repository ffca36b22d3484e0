"""The route to an order's PDF."""

from typing import Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.values import OrderId, Time, Uri, moment
from orders.adapters.inbound.http.routes.parameters import check_read_parameters
from orders.adapters.inbound.http.routes.read_order import opened
from orders.adapters.wire import json_body
from orders.application.documents.render_document import LinkDocument
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller

RETRY_AFTER_SECONDS = 1


class DocumentRendering(TypedDict):
    """The PDF is on its way."""

    order_id: OrderId
    document: Literal["rendering"]


class DocumentLink(TypedDict):
    """Where the PDF can be fetched, and until when."""

    url: Uri
    expires_at: Time


def rendering_view(order_id: str) -> DocumentRendering:
    """The order's PDF is being rendered."""
    return {"order_id": order_id, "document": "rendering"}


@get("/{order_id:str}/document")
async def document(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    link_document: NamedDependency[LinkDocument],
) -> Response[bytes]:
    """Where the order's PDF can be fetched for five minutes: a redirect, or JSON for who accepts only that."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    link = await link_document.execute(order)
    if link is None:
        return Response(
            json_body.encode(rendering_view(order.order_id)),
            status_code=202,
            media_type="application/json",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    if request.accept.best_match(["application/pdf", "application/json"]) == "application/json":
        body: DocumentLink = {"url": link.url, "expires_at": moment(link.expires_at)}
        return Response(json_body.encode(body), media_type="application/json")
    return Response(b"", status_code=302, headers={"Location": link.url}, media_type="text/plain")
