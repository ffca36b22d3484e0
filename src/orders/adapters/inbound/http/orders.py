"""All routes under ``/v1.0/orders``."""

from litestar import Router

from orders.adapters.inbound.http import order_changing, order_reading
from orders.adapters.inbound.http.documents import document
from orders.adapters.inbound.http.responses import BASE


def orders_router() -> Router:
    """All routes of orders."""
    return Router(path=BASE, route_handlers=[*order_reading.ROUTES, *order_changing.ROUTES, document])
