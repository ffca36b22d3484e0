"""A quote says what a create would, and leaves nothing behind."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.outbound.memory.campaigns import Campaign, MemoryCampaigns
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.price_rules import PriceRules
from orders.ports.metric_catalogue import ORDERS_UNCHECKED
from tests.support.builders import a_tenant
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect
from tests.support.regions import TwoRegions
from tests.support.service import Service

USD = Currency.of("USD")
BODY = json.loads(SMOKE)
WITH_CODE = BODY | {"campaign_code": "SPRING", "total": 54.98}
QUOTES = f"{ORDERS}/quote"
SHARED = (
    "tenant_id", "customer_id", "currency", "items", "subtotal", "tax", "shipping", "discount", "total",
    "campaign_code", "campaign_discount", "prices",
)  # fmt: skip
"""What a quote has in common with an order."""
CONFIRMED = {"prices": "confirmed", "stock": "confirmed", "campaign": "confirmed"}


def item(**more: Any) -> dict[str, Any]:
    return {**BODY["items"][0], **more}


def a_service(when_down: WhenDown = WhenDown.ACCEPT) -> tuple[Service, MemoryProductCatalogue, MemoryCampaigns]:
    """A shop that sells ``prod_001`` at 29.99 USD and gives 5.00 off for ``SPRING``."""
    products, campaigns = MemoryProductCatalogue(), MemoryCampaigns()
    products.put("demo", Product("prod_001", (Money(2999, USD),), stock=2))
    campaigns.put("demo", Campaign("SPRING", amount=Money(500, USD)))
    service = Service(products=Consulted(products, when_down), campaigns=Consulted(campaigns, when_down))
    return service, products, campaigns


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Api]:
    service, _, _ = a_service()
    async with an_api(tmp_path, service=service) as api:
        yield api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as found:
        yield found


def nothing_kept(service: Service) -> None:
    table = service.table
    assert (table.rows, table.accepted, table.claims) == ({}, {}, {})
    assert service.publisher.published == []
    assert not service.counters.counted(ORDERS_UNCHECKED)


RIGHT = {
    "the smoke body": (BODY, "customer"),
    "a campaign": (WITH_CODE, "customer"),
    "tax, shipping, discounts": (
        BODY | {
            "items": [item(tax_rate=0.155, discount=0.98, name="Mug", sku="M-1")],
            "shipping": 5, "discount": 1.5, "total": 71.64, "notes": "ring", "metadata": {"a": "b"},
        },
        "staff",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
async def test_it_has_the_figures_of_the_order_that_is_placed_then(name: str, shop: Api) -> None:
    body, role = RIGHT[name]
    quoted = await shop.call("POST", QUOTES, body, role=role)
    assert quoted.status_code == 200, quoted.text
    assert not {"etag", "location"} & set(quoted.headers)
    nothing_kept(shop.service)
    placed = await shop.call("POST", ORDERS, body, role=role)
    assert placed.status_code == 201, placed.text
    quote, order = quoted.json(), placed.json()
    assert {name: quote.get(name) for name in SHARED} == {name: order.get(name) for name in SHARED}
    assert quote.keys() - set(SHARED) == {"checks"}
    assert f'"total":{body["total"]:.2f}'.encode() in quoted.content


WRONG: dict[str, tuple[Any, str, dict[str, str]]] = {
    "a total that is wrong": (BODY | {"total": 60}, "customer", {}),
    "no total": ({name: BODY[name] for name in ("customer_id", "items")}, "customer", {}),
    "several faults": (BODY | {"items": [item(quantity=0, colour="red")], "total": "1"}, "customer", {}),
    "a price that has changed, and too many": (
        BODY | {"items": [item(price=30, quantity=3)], "total": 90}, "customer", {},
    ),
    "an unknown product": (BODY | {"items": [item(product_id="prod_9")]}, "customer", {}),
    "an unknown campaign": (BODY | {"campaign_code": "AUTUMN"}, "customer", {}),
    "a discount by a customer": (BODY | {"discount": 9.98, "total": 50}, "customer", {}),
    "another's order": (BODY | {"customer_id": "cust_2"}, "customer", {}),
    "a role that places none": (BODY, "operator", {}),
    "a card number": (BODY | {"notes": "4111 1111 1111 1111"}, "customer", {}),
    "no JSON": ("{broken", "customer", {}),
    "another media type": (BODY, "customer", {"Content-Type": "text/plain"}),
    "too large": ("x" * (256 * 1024 + 1), "customer", {}),
    "an order too large": (
        BODY | {
            "items": [item(product_id="prod_001", quantity=1, name="\u20ac" * 200, sku="s" * 64)] * 200,
            "total": 5998.00,
        },
        "staff", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
async def test_what_a_create_refuses_it_refuses_with_the_same_problem(name: str, tmp_path: Path) -> None:
    body, role, headers = WRONG[name]
    service, products, _ = a_service()
    if name == "an order too large":
        products.put("demo", Product("prod_001", (Money(2999, USD),)))
    async with an_api(tmp_path, service=service) as api:
        of_quote = await api.call("POST", QUOTES, body, role=role, headers=headers)
        of_create = await api.call("POST", ORDERS, body, role=role, headers=headers)
    assert of_quote.status_code == of_create.status_code
    assert 400 <= of_quote.status_code < 500
    own = {"request_id", "instance"}
    problems = [
        {name: value for name, value in answer.json().items() if name not in own} for answer in (of_quote, of_create)
    ]
    assert problems[0] == problems[1]
    nothing_kept(service)


async def test_a_wrong_total_is_answered_with_the_right_one(api: Api) -> None:
    answer = await api.call("POST", QUOTES, BODY | {"total": 1})
    assert "59.98 USD" in expect(answer, 422, "invalid-content")["errors"][0]["message"]


async def test_parameters_are_refused(api: Api) -> None:
    expect(await api.call("POST", f"{QUOTES}?sort=created_at", BODY), 400, "malformed-request")


async def test_a_shop_without_settled_prices_quotes_customers_nothing(tmp_path: Path) -> None:
    service = Service(prices_must_be_settled=True)
    service.tenants.profiles["demo"] = replace(a_tenant(tenant_id="demo"), price_rules=PriceRules())
    async with an_api(tmp_path, service=service) as api:
        expect(await api.call("POST", QUOTES, BODY), 409, "shop-not-ready")
        quoted = await api.call("POST", QUOTES, BODY, role="staff")
        assert quoted.status_code == 200, quoted.text


@pytest.mark.parametrize(
    ("code", "down", "checks"),
    [
        (True, (), CONFIRMED),
        (False, (), CONFIRMED | {"campaign": "not_asked"}),
        (True, ("products",), {"prices": "unreachable", "stock": "unreachable", "campaign": "confirmed"}),
        (False, ("products", "campaigns"), {"prices": "unreachable", "stock": "unreachable", "campaign": "not_asked"}),
    ],
)
async def test_it_says_what_became_of_each_question(
    code: bool, down: tuple[str, ...], checks: dict[str, str], tmp_path: Path
) -> None:
    service, products, campaigns = a_service()
    products.reachable, campaigns.reachable = "products" not in down, "campaigns" not in down
    async with an_api(tmp_path, service=service) as api:
        quoted = await api.call("POST", QUOTES, WITH_CODE if code else BODY)
        assert quoted.status_code == 200, quoted.text
        assert quoted.json()["checks"] == checks
        of_staff = await api.call("POST", QUOTES, BODY, role="staff")
        assert of_staff.json().get("prices") == ("unchecked" if down else None)
    nothing_kept(service)


async def test_a_campaign_that_nobody_can_confirm_gives_nothing(tmp_path: Path) -> None:
    service, _, campaigns = a_service()
    campaigns.reachable = False
    async with an_api(tmp_path, service=service) as api:
        expect(await api.call("POST", QUOTES, WITH_CODE), 503, "unavailable")
        quoted = await api.call("POST", QUOTES, BODY | {"campaign_code": "SPRING"})
    assert (quoted.json()["checks"]["campaign"], quoted.json()["total"]) == ("unreachable", 59.98)
    assert "campaign_discount" not in quoted.json()


async def test_without_other_services_nobody_is_asked(api: Api) -> None:
    quoted = await api.call("POST", QUOTES, BODY)
    assert quoted.json()["checks"] == dict.fromkeys(CONFIRMED, "not_asked")


async def test_where_orders_wait_for_a_service_a_quote_does(tmp_path: Path) -> None:
    service, products, _ = a_service(WhenDown.REFUSE)
    products.reachable = False
    async with an_api(tmp_path, service=service) as api:
        answer = await api.call("POST", QUOTES, BODY)
        expect(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("key", ["key-1", "no key", "x" * 300])
async def test_an_idempotency_key_means_nothing_to_it(key: str, api: Api) -> None:
    headers = {"Idempotency-Key": key, "Prefer": "respond-async"}
    first = await api.call("POST", QUOTES, BODY, headers=headers)
    other = BODY | {"items": [item(quantity=1)], "total": 29.99}
    second = await api.call("POST", QUOTES, other, headers=headers)
    assert [answer.status_code for answer in (first, second)] == [200, 200]
    assert [answer.json()["total"] for answer in (first, second)] == [59.98, 29.99]
    assert "idempotent-replayed" not in second.headers
    nothing_kept(api.service)


async def test_the_key_of_a_quote_is_free_for_an_order(api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    await api.call("POST", QUOTES, BODY, headers=headers)
    other = BODY | {"items": [item(quantity=1)], "total": 29.99}
    assert (await api.call("POST", ORDERS, other, headers=headers)).status_code == 201


async def test_a_region_that_takes_no_changes_gives_quotes(tmp_path: Path) -> None:
    region = TwoRegions().b
    async with an_api(tmp_path, service=Service(table=MemoryTable(region.lease))) as api:
        expect(await api.call("POST", ORDERS, BODY), 503, "not-the-writer")
        assert (await api.call("POST", QUOTES, BODY)).status_code == 200


async def test_quotes_are_not_among_the_orders(api: Api) -> None:
    """The path has one method; others don't take it for an order's id."""
    answer = await api.call("GET", QUOTES)
    expect(answer, 405, "method-not-allowed")
