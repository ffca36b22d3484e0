"""Parsing of the campaigns service's responses."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from orders.adapters.outbound.catalog_http.campaigns import HttpCampaigns
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress, open_session
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import CampaignGranted, CampaignRefusalReason, CampaignRefused
from orders.ports.campaigns import CampaignEnquiry
from orders.ports.errors import TransientPortError
from tests.contract.catalog_server import serving
from tests.support.builders import an_order

REASON = CampaignRefusalReason


@dataclass
class Marketing:
    """A campaigns service that answers ``says``."""

    campaigns: HttpCampaigns
    says: str = ""

    async def judge(self) -> Any:
        order = an_order()
        return await self.campaigns.judge(
            CampaignEnquiry("tenant_a", order.order_id, "cust_1", "SPRING", order.lines, order.totals)
        )


@pytest.fixture
async def marketing() -> AsyncIterator[Marketing]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=found.says)

    app = web.Application()
    app.router.add_post("/campaigns/evaluate", answer)
    async with serving(app) as url, open_session() as session:
        address = ServiceAddress("campaigns service", url + "/", timedelta(seconds=20))
        found = Marketing(HttpCampaigns(HttpService(session, address, MemoryMetrics())))
        yield found


@pytest.mark.parametrize("discount", ["5.00", "5", "5.000", "0.5e1", '"5.00"'])
async def test_a_discount_is_exact_however_it_is_written(marketing: Marketing, discount: str) -> None:
    marketing.says = f'{{"valid": true, "discount": {discount}, "campaign": "Spring sale"}}'
    assert await marketing.judge() == CampaignGranted(Money.parse(Decimal(5), Currency.of("ZAR")))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"valid": "true", "discount": 5},
        {"valid": True},
        {"valid": True, "discount": None},
        {"valid": True, "discount": -5},
        {"valid": True, "discount": 5.001},
        {"valid": True, "discount": "five"},
        {"valid": False, "reason": 7},
        [True],
    ],
)
async def test_an_answer_that_is_none_gives_nothing_away(marketing: Marketing, answer: Any) -> None:
    marketing.says = json.dumps(answer)
    with pytest.raises(TransientPortError, match="an answer that can't be read"):
        await marketing.judge()


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ({"reason": "expired"}, CampaignRefused(REASON.EXPIRED)),
        ({"reason": "used_up", "message": "once each"}, CampaignRefused(REASON.USED_UP, "once each")),
        ({"reason": "wrong_moon", "discount": 7}, CampaignRefused(REASON.NOT_APPLICABLE)),
        ({"reason": None, "message": " \n"}, CampaignRefused(REASON.NOT_APPLICABLE)),
        (
            {"reason": "expired", "message": "ended\r\nSet-Cookie: x\u202e\u0000 <b>"},
            CampaignRefused(REASON.EXPIRED, "ended Set-Cookie: x <b>"),
        ),
        ({"reason": "expired", "message": "x" * 5000}, CampaignRefused(REASON.EXPIRED, "x" * 199 + "…")),
    ],
)
async def test_a_refusal_is_one_whatever_it_is_called(
    marketing: Marketing, answer: dict[str, Any], refused: CampaignRefused
) -> None:
    marketing.says = json.dumps({"valid": False} | answer)
    assert await marketing.judge() == refused
