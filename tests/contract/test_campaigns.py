"""The contract of ``Campaigns``, in memory and over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.adapters.outbound.catalog_http.campaigns import HttpCampaigns
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress, open_session
from orders.adapters.outbound.memory.campaigns import Campaign, MemoryCampaigns
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import CampaignGranted, CampaignRefusalReason, CampaignRefused
from orders.ports.campaigns import CampaignEnquiry, Campaigns
from orders.ports.errors import TransientPortError
from tests.contract.catalog_server import catalog_server
from tests.support.builders import NOON, a_line, an_order

ZAR, JPY = Currency.of("ZAR"), Currency.of("JPY")


@dataclass
class Marketing:
    """The adapter under test, and the campaigns that it is to find."""

    port: Campaigns
    running: MemoryCampaigns


@pytest.fixture(params=["memory", "http"])
async def marketing(request: pytest.FixtureRequest) -> AsyncIterator[Marketing]:
    if request.param == "memory":
        running = MemoryCampaigns()
        yield Marketing(running, running)
        return
    async with catalog_server() as server, open_session() as session:
        address = ServiceAddress("campaigns service", server.url, timedelta(seconds=20))
        yield Marketing(
            HttpCampaigns(HttpService(session, address, MemoryMetrics(), chance=lambda: 0.0)), server.campaigns
        )


def enquiry(code: str = "SPRING", *, placed_at: Any = None, **overrides: Any) -> CampaignEnquiry:
    order = an_order(**overrides)
    return CampaignEnquiry(
        tenant_id=order.tenant_id,
        order_id=order.order_id,
        customer_id=order.customer_id,
        code=code,
        lines=order.lines,
        totals=order.totals,
        placed_at=placed_at,
    )


async def test_an_amount_and_a_share_come_exact(marketing: Marketing) -> None:
    marketing.running.put(
        "tenant_a",
        Campaign("SPRING", amount=Money(500, ZAR)),
        Campaign("TENTH", rate=Decimal("0.1")),
        Campaign("GIFT"),
    )
    assert await marketing.port.judge(enquiry()) == CampaignGranted(Money(500, ZAR))
    assert await marketing.port.judge(enquiry("TENTH")) == CampaignGranted(Money(600, ZAR))
    yen = enquiry("TENTH", currency="JPY", lines=(a_line(price=Decimal(1005), quantity=1),))
    assert await marketing.port.judge(yen) == CampaignGranted(Money(100, JPY))
    assert await marketing.port.judge(enquiry("GIFT")) == CampaignGranted(Money(0, ZAR))


@pytest.mark.parametrize("reason", CampaignRefusalReason)
async def test_a_refusal_says_why(marketing: Marketing, reason: CampaignRefusalReason) -> None:
    marketing.running.put("tenant_a", Campaign("SPRING", refuses=reason, detail="it was for March"))
    assert await marketing.port.judge(enquiry()) == CampaignRefused(reason, "it was for March")


async def test_unknown_and_another_shops_are_refused_alike(marketing: Marketing) -> None:
    marketing.running.put("tenant_b", Campaign("SPRING"))
    for code in ("SPRING", "spring", "x"):
        assert await marketing.port.judge(enquiry(code)) == CampaignRefused(CampaignRefusalReason.UNKNOWN)


async def test_it_is_judged_by_the_orders_figures(marketing: Marketing) -> None:
    marketing.running.put("tenant_a", Campaign("SPRING", amount=Money(1, ZAR), at_least=Money(5999, ZAR)))
    small, large = enquiry(), enquiry(lines=(a_line(quantity=3, tax_rate=Decimal("0.15")),), shipping=Decimal(5))
    refused = await marketing.port.judge(small)
    assert isinstance(refused, CampaignRefused)
    assert refused.reason is CampaignRefusalReason.NOT_APPLICABLE
    assert await marketing.port.judge(large) == CampaignGranted(Money(1, ZAR))


@pytest.mark.parametrize("placed_at", [None, NOON])
async def test_who_orders_what_and_when_arrives_as_it_was(marketing: Marketing, placed_at: Any) -> None:
    asked = enquiry(placed_at=placed_at)
    await marketing.port.judge(asked)
    (arrived,) = marketing.running.asked
    for name in ("tenant_id", "order_id", "customer_id", "code", "totals", "placed_at"):
        assert getattr(arrived, name) == getattr(asked, name)
    assert [(line.product_id, line.quantity, line.price) for line in arrived.lines] == [
        (line.product_id, line.quantity, line.price) for line in asked.lines
    ]


async def test_out_of_reach_is_a_reason_to_try_again(marketing: Marketing) -> None:
    marketing.running.reachable = False
    with pytest.raises(TransientPortError) as failure:
        await marketing.port.judge(enquiry())
    assert failure.value.dependency == "campaigns service"
    marketing.running.reachable = True
    assert isinstance(await marketing.port.judge(enquiry()), CampaignRefused)
