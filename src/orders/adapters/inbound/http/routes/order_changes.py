"""Shares the parts of operations about one order, and of those that change it."""

from collections.abc import Awaitable
from typing import Protocol

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import DocumentedResponse, Example, operation_of
from orders.adapters.inbound.http.representations import orders
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import asks_for_deleted
from orders.adapters.inbound.http.requests.preconditions import Respond, note_order_id, once, preconditions
from orders.adapters.inbound.http.routes.responses import to_response
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller, Operation
from orders.application.policy.idempotency import Preconditions
from orders.domain.lifecycle import Action
from orders.domain.order import Order

PROBLEMS_OF_CREATING = (
    problems.MALFORMED,
    problems.BODY_TOO_LARGE,
    problems.MEDIA_TYPE_UNSUPPORTED,
    problems.INVALID_CONTENT,
    problems.KEY_REUSED,
    problems.ORDER_TOO_LARGE,
)
PROBLEMS_OF_CHANGING = (
    *PROBLEMS_OF_CREATING,
    problems.NOT_FOUND,
    problems.ILLEGAL_TRANSITION,
    problems.VERSION_MISMATCH,
)
CONDITIONS = ("OrderId", "IfMatch", "IdempotencyKey")
LINKS_OF_CHANGED = ("GetOrder", "UpdateOrder", "PatchOrder", "GetOrderStatus", "TrackOrder", "ListOrderEvents")
_ON_DELETED = (Action.DELETE, Action.ERASE)


def changed_order(description: str, example: Example, *links: str) -> DocumentedResponse:
    """Describes the response with the order after a change."""
    return DocumentedResponse(
        200,
        description,
        (orders.Order,),
        ("ETag", "IdempotentReplayed"),
        {"order": example},
        (*LINKS_OF_CHANGED, *links),
    )


async def opened_order(
    request: Call, order_id: FromPath[str], caller: NamedDependency[Caller], open_order: NamedDependency[OpenOrder]
) -> Order:
    """Opens the order of the path, named by its id or number, if the caller has the operation's permission.

    A deleted order is opened for reading if that is asked for, and for deletion and erasure. If the body decides which
    permission is needed, the order is opened as for reading. The rest of the request is checked after that ([API-3]).
    Raises: as ``OpenOrder.execute``.
    """
    permissions = operation_of(request.route_handler).permissions
    needed = permissions[0] if len(permissions) == 1 else Operation.READ
    deleted = asks_for_deleted(request.query_params) if permissions == (Operation.READ,) else needed in _ON_DELETED
    order = await open_order.execute(caller, order_id, needed, include_deleted=deleted)
    if order.order_id != order_id:
        note_order_id(request, order.order_id)
    return order


class Change(Protocol):
    """A use case with all its arguments but the preconditions."""

    def __call__(self, *, terms: Preconditions) -> Awaitable[Order]:
        """Changes the order."""
        ...


async def change(request: Call, respond: Respond, carry_out: Change) -> Response[bytes]:
    """Changes the order under the request's preconditions, and responds with it. Raises: as both do."""
    respond = once(respond)
    return to_response(respond(await carry_out(terms=await preconditions(request, respond))))
