"""Serves the route that places an order, at once or later."""

from litestar import Response, post
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, Body, DocumentedResponse, Example
from orders.adapters.inbound.http.representations import orders
from orders.adapters.inbound.http.representations.order_states import Acceptance
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.requests.bodies import Call, body_size, read_any_object
from orders.adapters.inbound.http.requests.parameters import no_parameters
from orders.adapters.inbound.http.requests.preconditions import keyed_request, once, prefers_async
from orders.adapters.inbound.http.routes.order_changes import LINKS_OF_CHANGED, PROBLEMS_OF_CREATING
from orders.adapters.inbound.http.routes.responses import (
    accepted_answer,
    order_answer,
    to_response,
)
from orders.adapters.wire.drafts import InvalidDraft, read_draft
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.adapters.wire.media_types import JSON
from orders.adapters.wire.off_loop import off_loop
from orders.adapters.wire.requests import CreateOrderBody
from orders.application.orders.accept_order import AcceptOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller, Operation, permit
from orders.domain.order import Order
from orders.domain.placing import Draft

ORDER_BODY = Body(
    CreateOrderBody,
    {
        "smallest": Example("No more than is needed", lambda life: life.smallest_body),
        "everything": Example("With tax, shipping, discounts by the shop, addresses", lambda life: life.full_body),
    },
)


@post(
    "/",
    status_code=201,
    operation=ApiOperation(
        "createOrder",
        "Orders",
        "Place an order",
        "Customers place orders for themselves, staff, admins and services for any customer of the shop.\n\n"
        "`total` must be what the items, tax, shipping and discount come to, to the last digit: see *Money*. "
        "Everything that is wrong with the body is named in one answer, products, prices, stock and campaign "
        "included where the shop has them checked.\n\n"
        "With `Prefer: respond-async` the order is kept under its final id, answered with 202, and placed a moment "
        "later. Until then reading it shows `status: accepted`; if it can't be placed after all, `rejected` and why.",
        (
            DocumentedResponse(
                201,
                "The order is placed. Its PDF and the mails about it are on their way.",
                (orders.Order,),
                ("Location", "ETag", "IdempotentReplayed"),
                {"order": Example("As its customer sees it", lambda life: life.as_customer(life.placed))},
                (
                    *LINKS_OF_CHANGED,
                    "ProcessOrder",
                    "RejectOrder",
                    "CancelOrder",
                    "FulfilOrder",
                    "DeleteOrder",
                    "ListOrderHistory",
                    "GetOrderDocument",
                ),
            ),
            DocumentedResponse(
                202,
                "The order is accepted under its final id, and placed soon.",
                (Acceptance,),
                ("Location", "PreferenceApplied", "IdempotentReplayed"),
                {"accepted": Example("Accepted", lambda life: life.acceptance())},
                ("GetOrder", "GetOrderStatus"),
            ),
        ),
        permissions=(Operation.PLACE,),
        parameters=("IdempotencyKey", "Prefer"),
        body=ORDER_BODY,
        problems=(*PROBLEMS_OF_CREATING, problems.SHOP_NOT_READY),
    ),
)
async def create(
    request: Call,
    caller: NamedDependency[Caller],
    place_order: NamedDependency[PlaceOrder],
    accept_order: NamedDependency[AcceptOrder],
) -> Response[bytes]:
    """Places an order; with ``Prefer: respond-async`` accepts it and places it later."""
    draft = await read_order(request, caller, place_order)
    if prefers_async(request):
        keyed = await keyed_request(request, accepted_answer)
        return to_response(accepted_answer(await accept_order.execute(caller, draft, keyed)))

    @once
    def respond(order: Order) -> KeyedAnswer:
        return order_answer(order, caller, 201, Location=f"{BASE}/{order.order_id}")

    keyed = await keyed_request(request, respond)
    return to_response(respond(await place_order.execute(caller, draft, keyed)))


async def read_order(request: Call, caller: Caller, place_order: PlaceOrder) -> Draft:
    """Reads the order in a request's body, once the caller is known to place orders of its customer.

    Raises: ActionForbidden, ForeignCustomer, InvalidParameters, InvalidDraft with the faults of its amounts as well; as
        ``read_any_object``.
    """
    permit(Operation.PLACE, caller.roles)
    given = await read_any_object(request, optional=False, media_types=JSON)
    if isinstance(given.get("customer_id"), str):
        # Permission depends on the order's customer, so it is checked before anything else in the request.
        place_order.permit(caller, given["customer_id"])
    no_parameters(request.query_params)
    try:
        return await off_loop(await body_size(request), lambda: read_draft(given))
    except InvalidDraft as error:
        raise error.along_with(await place_order.amount_faults(caller, error.amounts)) from None
