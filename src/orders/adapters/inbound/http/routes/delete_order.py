"""The route that deletes an order."""

from litestar import delete
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.routes.parameters import no_parameters
from orders.adapters.inbound.http.routes.preconditions import preconditions
from orders.adapters.inbound.http.routes.request_bodies import Call
from orders.adapters.inbound.http.routes.responses import (
    no_content,
)
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.update_order import DeleteOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action


@delete("/{order_id:str}", status_code=204)
async def remove(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    delete_order: NamedDependency[DeleteOrder],
) -> None:
    """Delete an order softly; again changes nothing."""
    order = await open_order.execute(caller, order_id, Action.DELETE, include_deleted=True)
    no_parameters(request.query_params)
    await delete_order.execute(caller, order, terms=await preconditions(request, no_content))
