"""Campaigns in memory. Contract: ports/campaigns.py."""

from dataclasses import dataclass
from decimal import Decimal

from orders.domain.pricing.money import Money, fraction_of
from orders.domain.pricing.offer_checks import CampaignGranted, CampaignRefusalReason, CampaignRefused, CampaignVerdict
from orders.ports.campaigns import CampaignEnquiry
from orders.ports.errors import TransientPortError

DEPENDENCY = "campaigns service"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A shop's campaign: ``amount`` off, in its currency only, and a ``rate`` of the subtotal off.

    Attributes:
        at_least: minimum net value of the order's goods.
        refuses: why the code is refused for everybody.
        detail: the message shown to people with a refusal.
    """

    code: str
    amount: Money | None = None
    rate: Decimal = Decimal(0)
    at_least: Money | None = None
    refuses: CampaignRefusalReason | None = None
    detail: str | None = None


class MemoryCampaigns:
    """``Campaigns`` in a dictionary; set ``reachable`` to false for an outage; ``asked`` records all calls."""

    def __init__(self) -> None:
        self.reachable = True
        self.asked: list[CampaignEnquiry] = []
        self._campaigns: dict[tuple[str, str], Campaign] = {}

    def put(self, tenant_id: str, *campaigns: Campaign) -> None:
        """Adds campaigns, replacing those with the same codes."""
        for campaign in campaigns:
            self._campaigns[tenant_id, campaign.code] = campaign

    async def judge(self, enquiry: CampaignEnquiry) -> CampaignVerdict:
        """See ``Campaigns.judge``."""
        self.asked.append(enquiry)
        if not self.reachable:
            raise TransientPortError(DEPENDENCY, "out of reach")
        campaign = self._campaigns.get((enquiry.tenant_id, enquiry.code))
        if campaign is None:
            return CampaignRefused(CampaignRefusalReason.UNKNOWN)
        if campaign.refuses is not None:
            return CampaignRefused(campaign.refuses, campaign.detail)
        subtotal = enquiry.totals.subtotal
        for needed in (campaign.amount, campaign.at_least):
            if needed is not None and needed.currency != subtotal.currency:
                detail = f"it is for orders in {needed.currency.code}"
                return CampaignRefused(CampaignRefusalReason.NOT_APPLICABLE, detail)
        if campaign.at_least is not None and subtotal.minor < campaign.at_least.minor:
            return CampaignRefused(CampaignRefusalReason.NOT_APPLICABLE, f"it needs goods of {campaign.at_least}")
        discount = fraction_of(subtotal, campaign.rate)
        return CampaignGranted(discount if campaign.amount is None else discount + campaign.amount)
