"""Serves the route that deletes an order."""

from litestar import delete
from litestar.di import NamedDependency

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import no_parameters
from orders.adapters.inbound.http.requests.preconditions import preconditions
from orders.adapters.inbound.http.routes.order_changes import CONDITIONS
from orders.adapters.inbound.http.routes.responses import (
    no_content,
)
from orders.application.orders.update_order import DeleteOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action
from orders.domain.order import Order


@delete(
    "/{order_id:str}",
    status_code=204,
    operation=ApiOperation(
        "deleteOrder",
        "Orders",
        "Delete an order",
        "Takes a completed, cancelled or rejected order out of everybody's sight; it is kept for as long as the law "
        "wants it, and admins read it with `include_deleted`. Admins only. Repeating changes nothing.",
        (DocumentedResponse(204, "The order is deleted.", headers=("IdempotentReplayed",)),),
        permissions=(Action.DELETE,),
        parameters=CONDITIONS,
        problems=(
            problems.MALFORMED,
            problems.NOT_FOUND,
            problems.ILLEGAL_TRANSITION,
            problems.VERSION_MISMATCH,
            problems.BODY_TOO_LARGE,
            problems.KEY_REUSED,
            problems.ORDER_TOO_LARGE,
        ),
    ),
)
async def remove(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    delete_order: NamedDependency[DeleteOrder],
) -> None:
    """Deletes an order softly; a repetition changes nothing."""
    no_parameters(request.query_params)
    await delete_order.execute(caller, order, terms=await preconditions(request, no_content))
