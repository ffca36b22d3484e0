"""Extracts what events may publish of lines, campaigns and reasons: enough for consumers to act, and no user input."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orders.domain.events import JsonValue
from orders.domain.parts import Line

if TYPE_CHECKING:
    from orders.domain.order import Order

OTHER_REASON = "other"
"""Said of a reason that is no code."""


def line_quantities(lines: Iterable[Line]) -> list[JsonValue]:
    """Returns the published data of lines: enough to adjust stock."""
    return [{"line_id": line.line_id, "product_id": line.product_id, "quantity": line.quantity} for line in lines]


def campaign_facts(order: "Order") -> dict[str, JsonValue]:
    """Returns what events publish of a campaign that gave a discount: enough to count its use."""
    if order.campaign_code is None or order.campaign_discount is None:
        return {}
    return {"campaign_code": order.campaign_code, "campaign_discount": str(order.campaign_discount)}


def reason_code(reason: str) -> str:
    """Returns the published code of a reason: itself if it is a code such as ``out_of_stock``, else ``other``.

    A free-text reason can hold anything, a name included, and stays internal.
    """
    code = reason.strip()
    plain = code.isascii() and code.replace("_", "").isalnum() and code == code.lower() and code[:1].isalpha()
    return code if plain and len(code) <= 64 else OTHER_REASON
