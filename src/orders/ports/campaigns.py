"""The campaigns service: what a campaign code takes off an order ([DOM-7])."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orders.domain.parts import Line
from orders.domain.pricing.money import Totals
from orders.domain.pricing.offer_checks import CampaignVerdict


@dataclass(frozen=True, slots=True)
class CampaignEnquiry:
    """An order whose customer has a campaign code.

    Attributes:
        order_id: the id that the order has or is going to have: who asks again is the same order, not a second one.
        totals: what it comes to without the campaign.
        placed_at: when the order was placed; ``None`` for one that is about to be.
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
    """Knows a shop's campaigns. Asking uses nothing up: uses are counted from the orders' events."""

    async def judge(self, enquiry: CampaignEnquiry) -> CampaignVerdict:
        """The discount that the campaign gives this order, exact and not negative, or why it gives none.

        Raises:
            TransientPortError: as ``ProductCatalogue.offers``.
        """
        ...
