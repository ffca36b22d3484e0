"""Products, prices, stock and campaigns as callers see them ([DOM-7], [DOM-5])."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.outbound.memory.campaigns import Campaign, MemoryCampaigns
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import CampaignRefusalReason
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect
from tests.support.service import Service

USD = Currency.of("USD")
BODY = json.loads(SMOKE)
WITH_CODE = BODY | {"campaign_code": "SPRING", "total": 54.98}


@dataclass
class Shop:
    """The API of a shop that sells ``prod_001`` at 29.99 USD and gives 5.00 off for ``SPRING``."""

    api: Api
    products: MemoryProductCatalogue
    campaigns: MemoryCampaigns

    async def create(self, body: Any = WITH_CODE, **headers: str) -> Any:
        return await self.api.call("POST", ORDERS, body, headers=headers)

    def sells(self, price: int = 2999, **more: Any) -> None:
        self.products.put("demo", Product("prod_001", (Money(price, USD),), **more))


@asynccontextmanager
async def a_shop(directory: Path, when_down: WhenDown = WhenDown.REFUSE) -> AsyncIterator[Shop]:
    products, campaigns = MemoryProductCatalogue(), MemoryCampaigns()
    service = Service(products=Consulted(products, when_down), campaigns=Consulted(campaigns, when_down))
    async with an_api(directory, service=service) as api:
        shop = Shop(api, products, campaigns)
        shop.sells()
        campaigns.put("demo", Campaign("SPRING", amount=Money(500, USD)))
        yield shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path) as shop:
        yield shop


async def test_an_order_shows_its_discount_and_the_campaigns_part_of_it(shop: Shop) -> None:
    with_both = WITH_CODE | {"discount": 1.5, "total": 53.48}
    answer = await shop.api.call("POST", ORDERS, with_both, role="staff")
    assert answer.status_code == 201, answer.text
    assert b'"discount":6.50,"total":53.48' in answer.content
    assert b'"campaign_code":"SPRING","campaign_discount":5.00' in answer.content
    read = await shop.api.call("GET", f"{ORDERS}/{answer.json()['order_id']}", role="staff")
    assert read.json() == answer.json()
    assert "campaign_discount" not in (await shop.create(BODY)).json()


async def test_everything_against_an_order_comes_in_one_answer_with_what_would_be_right(shop: Shop) -> None:
    shop.sells(3100, stock=1)
    shop.campaigns.put("demo", Campaign("SPRING", refuses=CampaignRefusalReason.EXPIRED, detail="on 1 March"))
    refused = expect(await shop.create(), 422, "invalid-content")
    assert refused["errors"] == [
        {
            "pointer": "/items/0/price",
            "code": "price_changed",
            "message": "prod_001 costs 31.00 USD now, not 29.99 USD",
        },
        {
            "pointer": "/items/0/quantity",
            "code": "out_of_stock",
            "message": "only 1 of prod_001 are in stock; 2 would be needed",
        },
        {
            "pointer": "/campaign_code",
            "code": "campaign_expired",
            "message": "the campaign SPRING has expired (on 1 March)",
        },
    ]


async def test_a_total_that_leaves_the_campaign_out_is_told_of_it(shop: Shop) -> None:
    refused = expect(await shop.create(WITH_CODE | {"total": 59.98}), 422, "invalid-content")
    (fault,) = refused["errors"]
    assert (fault["pointer"], fault["code"]) == ("/total", "total_mismatch")
    for part in ("59.98 USD", "54.98 USD", "5.00 USD", "SPRING"):
        assert part in fault["message"]


@pytest.mark.parametrize("prefer", ["", "respond-async"])
async def test_while_a_service_is_down_orders_are_refused_for_now(shop: Shop, prefer: str) -> None:
    shop.products.reachable = False
    answer = await shop.create(Prefer=prefer)
    problem = expect(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "product service" in problem["detail"]
    assert shop.api.service.table.rows == {}
    assert shop.api.service.table.accepted == {}


async def test_or_accepted_where_that_is_the_policy(tmp_path: Path) -> None:
    async with a_shop(tmp_path, WhenDown.ACCEPT) as shop:
        shop.products.reachable = shop.campaigns.reachable = False
        answer = await shop.create(BODY | {"campaign_code": "SPRING"})
        assert answer.status_code == 201, answer.text
        assert (answer.json()["campaign_code"], "campaign_discount" in answer.json()) == ("SPRING", False)
        expect(await shop.create(), 503, "unavailable")


async def test_a_repeated_create_is_answered_as_the_first_time_whatever_prices_are_now(shop: Shop) -> None:
    first = await shop.create(**{"Idempotency-Key": "k"})
    shop.sells(9900)
    shop.products.reachable = False
    again = await shop.create(**{"Idempotency-Key": "k"})
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")


async def test_an_order_can_be_sent_back_as_it_is_and_with_other_items(shop: Shop) -> None:
    order = (await shop.create()).json()
    where = f"{ORDERS}/{order['order_id']}"
    same = await shop.api.call("PUT", where, order | {"notes": "ring twice"})
    assert same.status_code == 200, same.text
    shop.campaigns.put("demo", Campaign("SPRING", rate=Decimal("0.5")))
    order = same.json()
    order["items"][0] |= {"quantity": 3}
    for derived in ("open_quantity", "net", "tax"):
        order["items"][0].pop(derived)
    # The campaign takes half of 89.97 now, rounded half-even: 44.98.
    changed = await shop.api.call("PUT", where, order | {"total": 44.99})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["campaign_discount"], changed.json()["discount"]) == (44.98, 44.98)
    fixed = expect(await shop.api.call("PATCH", where, {"campaign_discount": 1}), 422, "invalid-content")
    assert fixed["errors"][0]["pointer"] == "/campaign_discount"
