"""Serves the routes to an order's history and to its events."""

from dataclasses import dataclass
from typing import Any, NotRequired

from litestar import Response, get
from litestar.di import NamedDependency
from typing_extensions import TypedDict

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.operation import ApiOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.history import HistoryEntry, history_entry
from orders.adapters.inbound.http.representations.values import AtLeastOne
from orders.adapters.inbound.http.requests.bodies import Call
from orders.adapters.inbound.http.requests.parameters import (
    page_parameters,
)
from orders.adapters.inbound.http.routes.pagination import NextCursor, left_out, page_response
from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.wire.off_loop import LINE_BYTES, off_loop
from orders.application.orders.read_history import ReadHistory
from orders.application.policy.caller import Caller, Operation
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.order import Order


class HistoryPage(TypedDict):
    """A page of an order's history, oldest first; a mail stands on the page of the event that it tells of."""

    items: list[HistoryEntry]
    next_cursor: NextCursor | None
    unreadable: NotRequired[AtLeastOne]
    """How many entries of this page can't be read and are left out."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The position in one of an order's listings at which a page starts.

    Attributes:
        limit: the most entries of the page.
        after: the sequence that the page before ended with.
        bound_to: the listing that its cursors belong to.
    """

    limit: int
    after: int
    bound_to: str
    cursors: CursorCodec

    async def following(self, sequence: int | None) -> str | None:
        """Makes the cursor of the page after that sequence; ``None`` if there is none."""
        return None if sequence is None else await self.cursors.seal(str(sequence), self.bound_to)


async def _place(request: Call, listing: str, order: Order, cursors: CursorCodec) -> _Place:
    """Reads the page's parameters. Raises: InvalidParameters, InvalidCursor."""
    limit, cursor = page_parameters(request.query_params)
    bound_to = f"{listing}|{order.tenant_id}|{order.order_id}"
    position = "0" if cursor is None else await cursors.open(cursor, bound_to)
    if not position.isdigit():
        raise InvalidCursor
    return _Place(limit, int(position), bound_to, cursors)


@get(
    "/{order_id:str}/history",
    operation=ApiOperation(
        "listOrderHistory",
        "What happened",
        "Get an order's history",
        "What happened to the order, when, by whom and why, and which mails went out about it. Customers see their own "
        "mails, and of others' doings only in which role they were done.",
        (
            DocumentedResponse(
                200,
                "A page of the history, oldest first.",
                (HistoryPage,),
                ("Link", "RetryWhileAccepted"),
                {"history": Example("Placed, worked on, shipped in part", lambda life: life.history())},
            ),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted", "Limit", "Cursor"),
        problems=(problems.MALFORMED, problems.INVALID_CURSOR, problems.NOT_FOUND),
    ),
)
async def history(
    request: Call,
    order: NamedDependency[Order],
    caller: NamedDependency[Caller],
    read_history: NamedDependency[ReadHistory],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """Lists an order's changes with their actors, and the mails about them."""
    place = await _place(request, "history", order, cursors)
    found = await read_history.execute(caller, order, after=place.after, limit=place.limit)
    page: HistoryPage = {
        "items": [history_entry(entry) for entry in found.entries],
        "next_cursor": await place.following(found.next_sequence),
        **left_out(found.unreadable),
    }
    return page_response(request, page)


@get(
    "/{order_id:str}/events",
    operation=ApiOperation(
        "listOrderEvents",
        "What happened",
        "Get an order's events",
        "The order's events as other systems get them: CloudEvents 1.0, by sequence. They hold nothing personal.",
        (
            DocumentedResponse(
                200,
                "A page of events.",
                ("EventPage",),
                ("Link", "RetryWhileAccepted"),
                {"events": Example("Placed, worked on, shipped in part", lambda life: life.events())},
            ),
        ),
        permissions=(Operation.READ,),
        parameters=("OrderId", "IncludeDeleted", "Limit", "Cursor"),
        problems=(problems.MALFORMED, problems.INVALID_CURSOR, problems.NOT_FOUND),
    ),
)
async def events(
    request: Call,
    order: NamedDependency[Order],
    read_history: NamedDependency[ReadHistory],
    cursors: NamedDependency[CursorCodec],
) -> Response[bytes]:
    """Lists an order's events as other systems get them: CloudEvents, by sequence."""
    place = await _place(request, "events", order, cursors)
    found = await read_history.events(order, after=place.after, limit=place.limit)
    following = await place.following(found.next_sequence)

    def page() -> dict[str, Any]:
        items = [to_cloud_event(event) for event in found.events]
        return {"items": items, "next_cursor": following, **left_out(len(found.unreadable))}

    # An event has no more lines than the order.
    size = LINE_BYTES * len(order.lines) * len(found.events)
    return await off_loop(size, lambda: page_response(request, page()))
