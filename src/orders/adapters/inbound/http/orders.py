"""All routes under ``/v1.0/orders``."""

from collections.abc import Sequence

from litestar import Router
from litestar.types import Middleware

from orders.adapters.inbound.http import order_changing, order_reading
from orders.adapters.inbound.http.auditing import checked
from orders.adapters.inbound.http.documents import document
from orders.adapters.inbound.http.responses import BASE


def orders_router(middleware: Sequence[Middleware] = ()) -> Router:
    """All routes of orders. Raises: LookupError: one of them is not audited."""
    handlers = [*order_reading.ROUTES, *order_changing.ROUTES, document]
    return checked(Router(path=BASE, route_handlers=handlers, middleware=middleware))
