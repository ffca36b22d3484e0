"""The route that places an order, at once or later."""

from litestar import Response, post
from litestar.di import NamedDependency

from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.routes.parameters import no_parameters
from orders.adapters.inbound.http.routes.preconditions import keyed_request, prefers_async
from orders.adapters.inbound.http.routes.request_bodies import Call, body_size, read_any_object
from orders.adapters.inbound.http.routes.responses import (
    accepted_answer,
    order_answer,
    to_response,
)
from orders.adapters.wire.drafts import InvalidDraft, read_draft
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.adapters.wire.media_types import JSON
from orders.adapters.wire.off_loop import off_loop
from orders.application.orders.accept_order import AcceptOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller, Operation, permit
from orders.domain.order import Order


@post("/", status_code=201)
async def create(
    request: Call,
    caller: NamedDependency[Caller],
    place_order: NamedDependency[PlaceOrder],
    accept_order: NamedDependency[AcceptOrder],
) -> Response[bytes]:
    """Place an order; with ``Prefer: respond-async`` accept it and place it later."""
    permit(Operation.PLACE, caller.roles)
    given = await read_any_object(request, optional=False, media_types=JSON)
    if isinstance(given.get("customer_id"), str):
        # Whose order it is to be is a matter of the role, and looked at before all else in the request.
        place_order.permit(caller, given["customer_id"])
    no_parameters(request.query_params)
    try:
        draft = await off_loop(await body_size(request), lambda: read_draft(given))
    except InvalidDraft as error:
        raise error.along_with(await place_order.amount_faults(caller, error.amounts)) from None
    if prefers_async(request):
        keyed = await keyed_request(request, accepted_answer)
        return to_response(accepted_answer(await accept_order.execute(caller, draft, keyed)))

    def respond(order: Order) -> KeyedAnswer:
        return order_answer(order, caller, 201, Location=f"{BASE}/{order.order_id}")

    keyed = await keyed_request(request, respond)
    return to_response(respond(await place_order.execute(caller, draft, keyed)))
