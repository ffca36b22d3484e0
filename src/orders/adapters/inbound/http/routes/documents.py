"""Serves the route to an order's PDF."""

from typing import Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from typing_extensions import TypedDict

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.values import OrderId, Time, Uri, moment
from orders.adapters.inbound.http.requests.parameters import check_read_parameters
from orders.adapters.wire import json_body
from orders.application.documents.render_document import LinkDocument
from orders.application.policy.caller import Operation
from orders.domain.order import Order

RETRY_AFTER_SECONDS = 1


class DocumentRendering(TypedDict):
    """The PDF is on its way."""

    order_id: OrderId
    document: Literal["rendering"]


class DocumentLink(TypedDict):
    """A temporary link to the PDF."""

    url: Uri
    expires_at: Time


def rendering_view(order_id: str) -> DocumentRendering:
    """Represents that the order's PDF is being rendered."""
    return {"order_id": order_id, "document": "rendering"}


@get(
    "/{order_id:str}/document",
    operation=ApiOperation(
        "getOrderDocument",
        "What happened",
        "Get an order's PDF",
        "A redirect to where the PDF can be fetched without a token for five minutes; with "
        "`Accept: application/json` the address as JSON instead. While the PDF is being rendered, 202.",
        (
            DocumentedResponse(
                200,
                "Where the PDF can be fetched, and until when.",
                (DocumentLink,),
                examples={
                    "link": Example("An address that is good for five minutes", lambda life: life.document_link())
                },
            ),
            DocumentedResponse(
                202,
                "The PDF is being rendered; ask again.",
                (DocumentRendering,),
                ("RetryAfter",),
                {"rendering": Example("On its way", lambda life: life.document_rendering())},
            ),
            DocumentedResponse(302, "To the PDF.", headers=("DocumentLocation",)),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted", "Accept"),
        problems=(problems.NOT_FOUND,),
    ),
)
async def document(
    request: Request[Any, Any, Any],
    order: NamedDependency[Order],
    link_document: NamedDependency[LinkDocument],
) -> Response[bytes]:
    """Links to the order's PDF for five minutes: by a redirect, or in JSON for a caller who prefers that."""
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
