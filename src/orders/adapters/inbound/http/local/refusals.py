"""Says on a page why there is nothing to show."""

import logging
from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from orders.adapters.inbound.http.console.order_list import InvalidQuery
from orders.adapters.inbound.http.console.shell import Shell
from orders.adapters.inbound.http.local.same_origin import NotFromThesePages
from orders.adapters.inbound.http.operation import HTML
from orders.adapters.inbound.http.problems import http_problem, instance
from orders.application.policy.errors import OrderNotFound, ShopNotReady
from orders.domain.errors import InvalidOrder
from orders.ports.errors import NotTheWriter, NumberNotIndexed, OutcomeUnknown, TransientPortError, UnreadableItem

_log = logging.getLogger(__name__)

_TRANSIENT = (TransientPortError, NotTheWriter, OutcomeUnknown, NumberNotIndexed)

_SHOWN_CHARACTERS = 200

_NO_ORDER = (
    "The list has all that are kept here. An order of another data directory isn't there, nor one of another shop than "
    "the address says. A dead letter, and the mail about it, may name an order that was never placed."
)

Handler = Callable[[Request[Any, Any, Any], Exception], Response[Any]]


def refusals(shell: Shell) -> dict[type[Exception] | int, Handler]:
    """Returns the handlers of what pages raise."""

    def page(title: str, status: int) -> Handler:
        def handler(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
            return shell.refusal(title, str(error), status=status)

        return handler

    def missing(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        assert isinstance(error, NotFoundException)
        if _is_unrouted(request):
            detail = f"Nothing is at {instance(request.scope)[:_SHOWN_CHARACTERS]}. The list has all orders."
            return unrouted(request, error, "There is no such page", detail)
        return shell.refusal("There is no such thing", error.detail, status=404)

    def not_opened(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        detail = f"{request.method} is not offered at {instance(request.scope)[:_SHOWN_CHARACTERS]}. It is no page."
        return unrouted(request, error, "This address is not a page", detail)

    def unrouted(request: Request[Any, Any, Any], error: Exception, title: str, detail: str) -> Response[Any]:
        """Answers browsers with a page, and programs with the API's problem document."""
        assert isinstance(error, HTTPException)
        if HTML in request.headers.get("accept", ""):
            answer: Response[Any] = shell.refusal(title, detail, status=error.status_code)
            answer.headers |= error.headers or {}
        else:
            answer = http_problem(request, error)
        answer.headers["Vary"] = "Accept"
        return answer

    def no_order(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
        assert isinstance(error, OrderNotFound)
        return shell.refusal("There is no such order", _NO_ORDER, status=404)

    def invalid(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
        assert isinstance(error, InvalidOrder)
        faults = "; ".join(fault.message for fault in error.faults)
        return shell.refusal("The order can't be placed", faults, status=422)

    def unreadable(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
        assert isinstance(error, UnreadableItem)
        _log.error("not shown: %s", error)
        detail = f"The {error.kind} at {error.place} is kept, but can't be read: {error.reason}. Nothing is lost."
        return shell.refusal("What is kept of it can't be read", detail, status=500)

    return {
        InvalidQuery: page("This address leads nowhere", 400),
        NotFoundException: missing,
        MethodNotAllowedException: not_opened,
        OrderNotFound: no_order,
        NotFromThesePages: page("This form is not from here", 403),
        InvalidOrder: invalid,
        ShopNotReady: page("The shop takes no orders", 409),
        UnreadableItem: unreadable,
        # Each has a handler for the API, which would be the nearer one.
        **dict.fromkeys(_TRANSIENT, page("Not to be had at the moment", 503)),
    }


def _is_unrouted(request: Request[Any, Any, Any]) -> bool:
    return "route_handler" not in request.scope
