"""All routes under ``/v1.0/orders``."""

from collections.abc import Sequence

from litestar import Router
from litestar.types import Middleware

from orders.adapters.inbound.http.middleware.auditing import checked
from orders.adapters.inbound.http.routes import orders_read as order_reading
from orders.adapters.inbound.http.routes import orders_write as order_changing
from orders.adapters.inbound.http.routes.documents import document
from orders.adapters.inbound.http.routes.representations import BASE


def orders_router(middleware: Sequence[Middleware] = ()) -> Router:
    """All routes of orders. Raises: LookupError: one of them is not audited."""
    handlers = [*order_reading.ROUTES, *order_changing.ROUTES, document]
    return checked(Router(path=BASE, route_handlers=handlers, middleware=middleware))
