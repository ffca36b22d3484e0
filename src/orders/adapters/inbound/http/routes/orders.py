"""Collects all routes under ``/v1.0/orders``."""

from collections.abc import Sequence
from types import MappingProxyType

from litestar import Router
from litestar.di import Provide
from litestar.types import Middleware

from orders.adapters.inbound.http.middleware.auditing import checked
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.routes.create_order import create
from orders.adapters.inbound.http.routes.delete_order import remove
from orders.adapters.inbound.http.routes.documents import document
from orders.adapters.inbound.http.routes.erase_order import erase
from orders.adapters.inbound.http.routes.history import events, history
from orders.adapters.inbound.http.routes.list_orders import list_orders
from orders.adapters.inbound.http.routes.order_changes import opened_order
from orders.adapters.inbound.http.routes.order_status import cancel, read_status, set_status
from orders.adapters.inbound.http.routes.parcels import deliver, fulfil, fulfil_alias
from orders.adapters.inbound.http.routes.quote_order import quote
from orders.adapters.inbound.http.routes.read_order import read, track
from orders.adapters.inbound.http.routes.update_order import merge, replace
from orders.adapters.inbound.http.supplied import Dependencies, supplied, supplied_handlers

ROUTES = (
    list_orders,
    create,
    quote,
    read,
    replace,
    merge,
    remove,
    read_status,
    set_status,
    track,
    history,
    events,
    document,
    cancel,
    fulfil,
    fulfil_alias,
    deliver,
    erase,
)
"""All routes of orders, in the sequence of the API's description."""


def orders_router(middleware: Sequence[Middleware] = (), served: Dependencies = MappingProxyType({})) -> Router:
    """Makes the router of all routes of orders, whose handlers get what is served from there.

    Raises: LookupError: one of the operations has no description.
    """
    opened = {"order": Provide(supplied(opened_order, served))}
    handlers = supplied_handlers(ROUTES, served)
    return checked(Router(path=BASE, route_handlers=handlers, middleware=middleware, dependencies=opened))
