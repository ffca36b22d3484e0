"""Serves the route that quotes an order."""

from litestar import Response, post
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.quotes import Quote, quote_view
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.routes.create_order import ORDER_BODY, read_order
from orders.adapters.inbound.http.routes.order_changes import PROBLEMS_OF_CREATING
from orders.adapters.inbound.http.routes.responses import json_response
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.quote_order import QuoteOrder
from orders.application.policy.caller import Caller, Operation


@post(
    "/quote",
    status_code=200,
    operation=ApiOperation(
        "quoteOrder",
        "Orders",
        "Quote an order",
        "What placing this order now would come to, and what products, stock and campaign are found to be. The body is "
        "that of a create, for the same callers, checked by the same rules and refused with the same problems: a "
        "`total` that is wrong is answered with the one that is right. Nothing is kept, reserved, numbered or "
        "published.\n\n"
        "There is nothing to repeat by mistake: `Idempotency-Key` and `Prefer` are passed over.",
        (
            DocumentedResponse(
                200,
                "The order could be placed now, and would have these figures.",
                (Quote,),
                examples={
                    "quote": Example("Prices and stock confirmed, no campaigns service", lambda life: life.quote())
                },
            ),
        ),
        permissions=(Operation.PLACE,),
        body=ORDER_BODY,
        problems=(
            *(kind for kind in PROBLEMS_OF_CREATING if kind is not problems.KEY_REUSED),
            problems.SHOP_NOT_READY,
        ),
        keeps_nothing=True,
    ),
)
async def quote(
    request: Call,
    caller: NamedDependency[Caller],
    place_order: NamedDependency[PlaceOrder],
    quote_order: NamedDependency[QuoteOrder],
) -> Response[bytes]:
    """Quotes an order."""
    draft = await read_order(request, caller, place_order)
    return json_response(quote_view(await quote_order.execute(caller, draft), caller))
