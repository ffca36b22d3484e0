"""Serves the route that lists orders."""

from typing import NotRequired

from litestar import Response, get
from litestar.di import NamedDependency
from typing_extensions import TypedDict

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.orders import OrderSummary, summary_view
from orders.adapters.inbound.http.representations.values import AtLeastOne
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import (
    asks_for_deleted,
    list_parameters,
)
from orders.adapters.inbound.http.routes.pagination import NextCursor, left_out, page_response
from orders.adapters.inbound.http.security.cursor import CursorCodec
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.application.orders.list_orders import ListOrders
from orders.application.policy.caller import Caller, Operation, permit
from orders.ports import order_repository
from orders.ports.order_repository import OrderQuery


class OrderPage(TypedDict):
    """A page of orders. It may be short, or even empty, and go on: the end is where `next_cursor` is `null`."""

    items: list[OrderSummary]
    next_cursor: NextCursor | None
    unreadable: NotRequired[AtLeastOne]
    """How many orders that may belong on this page can't be read and are left out; told to who acts for the shop."""


def order_page(page: order_repository.OrderPage, caller: Caller, cursor: str | None) -> OrderPage:
    """Represents the page as this caller sees it."""
    items = [summary_view(order, caller) for order in page.orders]
    return {"items": items, "next_cursor": cursor, **left_out(page.unreadable)}


@get(
    "/",
    operation=ApiOperation(
        "listOrders",
        "Orders",
        "List orders",
        "The shop's orders, newest first; to customers only their own, whatever the filters say. Filters can be "
        "combined freely. A page may be short and go on: see *Paging*.",
        (
            DocumentedResponse(
                200,
                "A page of orders.",
                (OrderPage,),
                ("Link",),
                {"page": Example("A page with another after it", lambda life: life.page_of_orders())},
                ("GetFirstOrder",),
            ),
        ),
        permissions=(Operation.LIST,),
        parameters=(
            "CustomerId",
            "StatusFilter",
            "OrderNumber",
            "CreatedFrom",
            "CreatedTo",
            "IncludeDeleted",
            "Sort",
            "Limit",
            "Cursor",
        ),
        problems=(problems.MALFORMED, problems.INVALID_CURSOR),
    ),
)
async def list_orders(
    request: Call,
    caller: NamedDependency[Caller],
    list_orders: NamedDependency[ListOrders],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """Lists the tenant's orders, or a customer's own."""
    permit(Operation.LIST, caller.roles)
    if asks_for_deleted(request.query_params):
        permit(Operation.READ_DELETED, caller.roles)
    asked = list_parameters(request.query_params)
    own = "" if caller.acts_for_shop else str(caller.customer_id)
    bound_to = f"orders|{caller.tenant_id}|{own}|{asked.binding()}"
    query = OrderQuery(
        tenant_id=caller.tenant_id,
        customer_id=asked.customer_id,
        statuses=asked.statuses,
        order_number=asked.order_number,
        created_from=asked.created_from,
        created_to=asked.created_to,
        include_deleted=asked.include_deleted,
        ascending=asked.ascending,
        limit=asked.limit,
        after=None if asked.cursor is None else await cursors.open(asked.cursor, bound_to),
    )
    page = await list_orders.execute(caller, query)
    following = None if page.next_position is None else await cursors.seal(page.next_position, bound_to)
    size = LINE_BYTES * sum(len(order.lines) for order in page.orders)
    return await off_loop(size, lambda: page_response(request, order_page(page, caller, following)))
