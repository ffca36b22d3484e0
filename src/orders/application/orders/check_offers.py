"""Checks an order with the product and campaigns services before it is accepted, and handles outages ([DOM-7])."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from orders.application.policy.caller import Caller
from orders.domain.pricing.basket import Basket
from orders.domain.pricing.offer_checks import Answers, CampaignVerdict, Offer
from orders.ports.campaigns import CampaignEnquiry, Campaigns
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import ORDERS_UNCHECKED
from orders.ports.metrics import Counters
from orders.ports.products import ProductCatalogue, ProductEnquiry

_log = logging.getLogger(__name__)
_Port = TypeVar("_Port")


class WhenDown(StrEnum):
    """The policy for orders while a service is unavailable."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Consulted(Generic[_Port]):
    """A service to consult, and the policy for its outages."""

    port: _Port
    when_down: WhenDown


@dataclass(frozen=True, slots=True)
class OfferQuestion:
    """An order to be placed, or to get other lines.

    Attributes:
        placed_at: ``None`` for an order to be placed.
        quoted: whether it is asked for a quote: then no order goes on unchecked while a service is unavailable.
    """

    order_id: str
    customer_id: str
    basket: Basket
    placed_at: datetime | None = None
    quoted: bool = False


class CheckOffers:
    """Consults the configured services concurrently."""

    def __init__(
        self,
        products: Consulted[ProductCatalogue] | None,
        campaigns: Consulted[Campaigns] | None,
        counters: Counters,
    ) -> None:
        self._products = products
        self._campaigns = campaigns
        self._counters = counters

    @property
    def idle(self) -> bool:
        """True if no service is configured."""
        return self._products is None and self._campaigns is None

    async def execute(self, caller: Caller, question: OfferQuestion) -> Answers:
        """Returns the services' answers. A service that is not configured, or has nothing to check, contributes none.

        Raises:
            TransientPortError: a service is unavailable and the order must wait for it: by its policy, or under any
                policy if
                the given total relies on an unconfirmed discount.
        """
        offers, campaign = await asyncio.gather(self._offers(caller, question), self._verdict(caller, question))
        # Evaluated only now, so that none of the calls is left running.
        for answer in (offers, campaign):
            if isinstance(answer, TransientPortError):
                raise answer
        assert not isinstance(offers, TransientPortError)
        assert not isinstance(campaign, TransientPortError)
        return Answers(
            offers,
            campaign,
            prices_unanswered=offers is None and self._asks_for_prices(question.basket),
            campaign_unanswered=campaign is None and self._asks_for_campaign(question.basket),
        )

    def _asks_for_prices(self, basket: Basket) -> bool:
        return self._products is not None and bool(basket.units_wanted)

    def _asks_for_campaign(self, basket: Basket) -> bool:
        return self._campaigns is not None and basket.campaign_code is not None

    async def _offers(self, caller: Caller, question: OfferQuestion) -> Mapping[str, Offer] | TransientPortError | None:
        basket = question.basket
        if self._products is None or not self._asks_for_prices(basket):
            return None
        enquiry = ProductEnquiry(caller.tenant_id, basket.currency, basket.units_wanted, caller.traceparent)
        try:
            return await self._products.port.offers(enquiry)
        except TransientPortError as error:
            return self._without(error, self._products.when_down, caller, question)

    async def _verdict(self, caller: Caller, question: OfferQuestion) -> CampaignVerdict | TransientPortError | None:
        basket = question.basket
        if self._campaigns is None or basket.campaign_code is None:
            return None
        enquiry = CampaignEnquiry(
            tenant_id=caller.tenant_id,
            order_id=question.order_id,
            customer_id=question.customer_id,
            code=basket.campaign_code,
            lines=basket.lines,
            totals=basket.figures,
            placed_at=question.placed_at,
            traceparent=caller.traceparent,
        )
        try:
            return await self._campaigns.port.judge(enquiry)
        except TransientPortError as error:
            # No unconfirmed discount is given; a total that does not rely on one need not wait.
            when_down = WhenDown.REFUSE if basket.counts_on_campaign else self._campaigns.when_down
            return self._without(error, when_down, caller, question)

    def _without(
        self, error: TransientPortError, when_down: WhenDown, caller: Caller, question: OfferQuestion
    ) -> TransientPortError | None:
        if when_down is WhenDown.REFUSE:
            return error
        if question.quoted:
            return None
        self._counters.count(ORDERS_UNCHECKED, dependency=error.dependency)
        _log.warning("order %s of tenant %s goes on unchecked: %s", question.order_id, caller.tenant_id, error)
        return None
