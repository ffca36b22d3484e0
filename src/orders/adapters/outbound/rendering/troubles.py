"""The view for mails that notify a shop's staff of a dead letter about an order ([PIPE-9])."""

from types import MappingProxyType

from orders.adapters.outbound.rendering.view import TroubleView
from orders.adapters.outbound.rendering.wording import date_and_time
from orders.domain.order import Order
from orders.ports.mail import OrderTrouble

_WORDS = MappingProxyType(
    {
        "record-creator": (
            "An order that came in by queue could not be placed.",
            "It does not show among your orders until that has been seen to.",
        ),
        "pdf-creator": (
            "The PDF of an order could not be made.",
            "Its confirmation has not been mailed to the customer.",
        ),
        "customer-notifier": (
            "A mail about an order could not be sent to the customer.",
            "They may not know how it stands.",
        ),
        "internal-notifier": (
            "A mail to you about an order could not be sent.",
            "Please look at the order in the portal.",
        ),
        "event-processor": (
            "News about an order from payments, stock or shipping could not be taken in.",
            "Its status may not be what it should be.",
        ),
        "mail-feedback": (
            "News about a mail that was sent for an order could not be taken in.",
            "It may have bounced without showing in the order's history.",
        ),
    }
)
_OTHERWISE = ("An event about an order could not be delivered.", "A document or a mail of it may be missing.")


def trouble_view(trouble: OrderTrouble) -> TroubleView:
    """Returns the trouble's view."""
    what, consequence = _WORDS.get(trouble.where, _OTHERWISE)
    return TroubleView(
        order_number=trouble.order_number or "",
        what=what,
        consequence=consequence,
        since=date_and_time(trouble.since),
        reference=trouble.reference,
    )


def sample_trouble(order: Order) -> OrderTrouble:
    """Makes a sample trouble of the order."""
    return OrderTrouble("pdf-creator", order.updated_at, "5f2c8a1e-0b7d-4c39-9e64-d1a3b7c05f28", order.order_number)
