"""Serves the routes that read an order and track its parcels."""

from litestar import Response, get
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.middleware.compression import varying
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations import orders
from orders.adapters.inbound.http.representations.order_states import AcceptedOrder, Tracking, track_view
from orders.adapters.inbound.http.representations.orders import etag
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import (
    check_read_parameters,
)
from orders.adapters.inbound.http.requests.preconditions import unchanged
from orders.adapters.inbound.http.routes.responses import json_response, order_answer, to_response
from orders.application.policy.caller import Caller, Operation
from orders.domain.order import Order


@get(
    "/{order_id:str}",
    operation=ApiOperation(
        "getOrder",
        "Orders",
        "Get an order",
        "As this caller sees it: `allowed_actions` and `_links` say what they may do to it now.",
        (
            DocumentedResponse(
                200,
                "The order, or what is known of it while it is accepted and not placed.",
                (orders.Order, AcceptedOrder),
                ("OrderETag", "RetryWhileAccepted"),
                {
                    "order": Example("An order, as staff see it", lambda life: life.as_staff(life.part_shipped)),
                    "accepted": Example("Accepted and not placed yet", lambda life: life.accepted_order()),
                },
                ("GetOrderStatus", "TrackOrder", "ListOrderHistory", "ListOrderEvents", "GetOrderDocument"),
            ),
            DocumentedResponse(304, "The caller's copy is current.", headers=("ETag",)),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted", "IfNoneMatch"),
        problems=(problems.MALFORMED, problems.NOT_FOUND),
    ),
)
async def read(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
) -> Response[bytes]:
    """Returns an order, or 304 if the caller has its current state."""
    check_read_parameters(request.query_params)
    answer = order_answer(order, caller)
    if unchanged(request, etag(order, caller.roles)):
        # With the header fields that the complete response would have (RFC 9110, section 15.4.5).
        return Response(b"", status_code=304, headers={**dict(answer.headers), **varying(answer.body)})
    return to_response(answer)


@get(
    "/{order_id:str}/track",
    operation=ApiOperation(
        "trackOrder",
        "Life cycle",
        "Track an order",
        "Its parcels, and what is still to be shipped.",
        (
            DocumentedResponse(
                200,
                "Where the goods are.",
                (Tracking,),
                ("RetryWhileAccepted",),
                {"tracking": Example("Half of it is on its way", lambda life: life.tracking())},
            ),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted"),
        problems=(problems.NOT_FOUND,),
    ),
)
async def track(
    request: Call,
    order: NamedDependency[Order],
) -> Response[bytes]:
    """Returns an order's parcels and the units that are still to be shipped."""
    check_read_parameters(request.query_params)
    return json_response(track_view(order))
