"""The campaigns service: the discount that a campaign code gives an order ([DOM-7])."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.parts import Line
from orders.domain.pricing.money import Totals
from orders.domain.pricing.offer_checks import CampaignVerdict


@dataclass(frozen=True, slots=True)
class CampaignEnquiry:
    """A request to evaluate a customer's campaign code for an order.

    Attributes:
        order_id: the id that the order has or will have; a repeated request with it is about the same order.
        totals: the order's totals without the campaign.
        placed_at: when the order was placed; ``None`` for one about to be placed.
        traceparent: W3C trace context of the request or message.
    """

    tenant_id: str
    order_id: str
    customer_id: str
    code: str
    lines: tuple[Line, ...]
    totals: Totals
    placed_at: datetime | None = None
    traceparent: str | None = None


class Campaigns(Protocol):
    """Evaluates campaign codes. An evaluation uses nothing up: uses are counted from the orders' events."""

    async def judge(self, enquiry: CampaignEnquiry) -> CampaignVerdict:
        """Returns the campaign's discount for this order, exact and not negative, or the reason why there is none.

        Raises:
            TransientPortError: as ``ProductCatalogue.offers``.
        """
        ...
