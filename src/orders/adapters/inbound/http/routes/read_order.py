"""The routes that read an order, and where its goods are."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.middleware.compression import varying
from orders.adapters.inbound.http.representations.order_states import track_view
from orders.adapters.inbound.http.representations.orders import etag
from orders.adapters.inbound.http.routes.parameters import (
    asks_for_deleted,
    check_read_parameters,
)
from orders.adapters.inbound.http.routes.preconditions import unchanged
from orders.adapters.inbound.http.routes.request_bodies import Call
from orders.adapters.inbound.http.routes.responses import json_response, order_answer, to_response
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller
from orders.domain.order import Order


async def opened(request: Call, order_id: str, caller: Caller, open_order: OpenOrder) -> Order:
    """The order to be read, deleted ones where asked for; what else is asked is looked at after that ([API-3]).

    Raises: as ``OpenOrder.execute``.
    """
    return await open_order.execute(caller, order_id, include_deleted=asks_for_deleted(request.query_params))


@get("/{order_id:str}")
async def read(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
) -> Response[bytes]:
    """Get an order."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    answer = order_answer(order, caller)
    if unchanged(request, etag(order, caller.roles)):
        # With the fields that the whole answer would have (RFC 9110, section 15.4.5).
        return Response(b"", status_code=304, headers={**dict(answer.headers), **varying(answer.body)})
    return to_response(answer)


@get("/{order_id:str}/track")
async def track(
    request: Call, order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Response[bytes]:
    """Where an order's goods are."""
    order = await opened(request, order_id, caller, open_order)
    check_read_parameters(request.query_params)
    return json_response(track_view(order))
