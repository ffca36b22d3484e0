"""Rules of prices over HTTP ([SEC-10]): role by field by operation."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.price_rules import PriceRules
from tests.support.builders import a_tenant
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect
from tests.support.service import Service

USD = Currency.of("USD")
LISTS = PriceRules(
    tax_rates=frozenset({Decimal(0), Decimal("0.15")}),
    shipping_amounts=frozenset({Money(0, USD), Money(500, USD)}),
    free_products=frozenset({"sticker"}),
)
BODY = json.loads(SMOKE)
ASYNC = {"Prefer": "respond-async"}
SHOP_ROLES = ("staff", "admin", "service")


def line(**more: Any) -> dict[str, Any]:
    return {**BODY["items"][0], **more}


def order(total: float, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**BODY, "items": list(items) or BODY["items"], "total": total, **more}


IN_AN_ITEM: dict[str, tuple[dict[str, Any], float, str, str]] = {
    "discount": (line(discount=9.98), 50, "/items/0/discount", "discount_not_allowed"),
    "tax_rate": (line(tax_rate=0.05), 62.98, "/items/0/tax_rate", "tax_rate_not_listed"),
    "price": (line(price=0), 0, "/items/0/price", "zero_price"),
}
IN_THE_ORDER: dict[str, tuple[dict[str, Any], float, str]] = {
    "discount": ({"discount": 9.98}, 50, "discount_not_allowed"),
    "shipping": ({"shipping": 1}, 60.98, "shipping_not_listed"),
}


@asynccontextmanager
async def a_shop(directory: Path, rules: PriceRules = LISTS, *, must_be_settled: bool = False) -> AsyncIterator[Api]:
    service = Service(prices_must_be_settled=must_be_settled)
    service.tenants.profiles["demo"] = replace(a_tenant(tenant_id="demo"), price_rules=rules)
    async with an_api(directory, service=service) as api:
        yield api


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Api]:
    async with a_shop(tmp_path) as api:
        yield api


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in expect(answer, 422, "invalid-content")["errors"]]


@pytest.mark.parametrize("headers", [{}, ASYNC], ids=["now", "later"])
@pytest.mark.parametrize("field", IN_AN_ITEM)
async def test_creating_with_what_only_the_shop_may_say_of_a_line(
    shop: Api, field: str, headers: dict[str, str]
) -> None:
    item, total, pointer, code = IN_AN_ITEM[field]
    body = order(total, item)
    assert faults(await shop.call("POST", ORDERS, body, headers=headers)) == [(pointer, code)]
    for role in SHOP_ROLES:
        answer = await shop.call("POST", ORDERS, body, role=role, headers=headers)
        assert answer.status_code == (202 if headers else 201), answer.text


@pytest.mark.parametrize("headers", [{}, ASYNC], ids=["now", "later"])
@pytest.mark.parametrize("field", IN_THE_ORDER)
async def test_creating_with_what_only_the_shop_may_say_of_an_order(
    shop: Api, field: str, headers: dict[str, str]
) -> None:
    more, total, code = IN_THE_ORDER[field]
    body = order(total, **more)
    assert faults(await shop.call("POST", ORDERS, body, headers=headers)) == [(f"/{field}", code)]
    for role in SHOP_ROLES:
        answer = await shop.call("POST", ORDERS, body, role=role, headers=headers)
        assert answer.status_code == (202 if headers else 201), answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("field", IN_AN_ITEM)
async def test_updating_is_no_other_way_to_it(shop: Api, field: str, method: str) -> None:
    item, total, pointer, code = IN_AN_ITEM[field]
    for role in ("customer", "staff", "admin"):
        placed = await shop.placed()
        where = f"{ORDERS}/{placed['order_id']}"
        changed = {"items": [item | {"line_id": "line_1"}], "total": total}
        answer = await shop.call(method, where, changed, role=role)
        added = {"items": [{**placed["items"][0]}, item], "total": round(59.98 + total, 2)}
        if role == "customer":
            assert faults(answer) == [(pointer, code)]
            more = await shop.call(method, where, added)
            assert faults(more) == [(pointer.replace("/0/", "/1/"), code)]
        else:
            assert answer.status_code == 200, answer.text


async def test_who_is_both_acts_for_the_shop(shop: Api) -> None:
    both = shop.issuer.token(
        tenant_id="demo", customer_id="cust_test_001", roles=["customer", "staff"], now=datetime.now(UTC)
    )
    answer = await shop.call("POST", ORDERS, order(50, discount=9.98), headers={"Authorization": f"Bearer {both}"})
    assert answer.status_code == 201, answer.text


async def test_nothing_of_it_and_what_is_listed_is_taken(shop: Api) -> None:
    listed = order(73.98, line(tax_rate=0.15, discount=0), shipping=5, discount=0)
    listed["total"] = 73.98
    listed["items"].append({"product_id": "sticker", "quantity": 1, "price": 0})
    answer = await shop.call("POST", ORDERS, listed)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_staff_gave_a_customer_may_send_back(shop: Api, method: str) -> None:
    given = order(40.02, line(discount=9.98, tax_rate=0.0004), line(product_id="gift", price=0), discount=10)
    placed = (await shop.call("POST", ORDERS, given, role="staff")).json()
    where = f"{ORDERS}/{placed['order_id']}"
    seen = (await shop.call("GET", where)).json()
    answer = await shop.call(method, where, seen | {"notes": "ring once"})
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    answer = await shop.call(method, where, {name: seen[name] for name in ("items", "total")} | {"notes": "twice"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["items"][0]["discount"], answer.json()["discount"]) == (9.98, 10)
    more = {"items": [*seen["items"], {"product_id": "p", "quantity": 1, "price": 1}], "total": 41.02}
    assert faults(await shop.call(method, where, more)) == [("/discount", "discount_not_allowed")]
    assert (await shop.call(method, where, more, role="staff")).status_code == 200


TEN: dict[str, Any] = {"product_id": "p", "quantity": 10, "price": 10, "line_id": "line_1"}
MORE_FOR_IT: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "a line's discount on fewer": ({"discount": 90}, {"quantity": 9}, "/items/0/discount", "discount_not_allowed"),
    "at a lower price": ({"discount": 90}, {"price": 9}, "/items/0/discount", "discount_not_allowed"),
    "on many for next to nothing": (
        {"discount": 90},
        {"quantity": 9000, "price": 0.01},
        "/items/0/discount",
        "discount_not_allowed",
    ),
    "its tax rate on more": ({"tax_rate": 0.01}, {"quantity": 1000}, "/items/0/tax_rate", "tax_rate_not_listed"),
}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("given", "change", "pointer", "code"), MORE_FOR_IT.values(), ids=MORE_FOR_IT.keys())
async def test_but_not_on_a_line_that_is_another(
    shop: Api, given: dict[str, Any], change: dict[str, Any], pointer: str, code: str, method: str
) -> None:
    item = TEN | given
    whole = round(100 * (1 + given.get("tax_rate", 0)) - given.get("discount", 0), 2)
    first = {name: value for name, value in item.items() if name != "line_id"}
    placed = (await shop.call("POST", ORDERS, order(whole, first), role="staff")).json()
    where, other = f"{ORDERS}/{placed['order_id']}", item | change
    net = other["quantity"] * other["price"] - given.get("discount", 0)
    body = {"items": [other], "total": round(net * (1 + given.get("tax_rate", 0)), 2)}
    assert faults(await shop.call(method, where, body)) == [(pointer, code)]
    assert (await shop.call(method, where, {"items": [item], "total": whole, "notes": "x"})).status_code == 200
    assert (await shop.call(method, where, body, role="staff")).status_code == 200


async def test_nor_free_of_tax_on_more_than_staff_said(tmp_path: Path) -> None:
    async with a_shop(tmp_path, PriceRules(tax_rates=frozenset({Decimal("0.15")}))) as api:
        one = {"product_id": "p", "quantity": 1, "price": 10}
        placed = (await api.call("POST", ORDERS, order(10, one), role="staff")).json()
        where = f"{ORDERS}/{placed['order_id']}"
        many = {"items": [one | {"quantity": 1000, "line_id": "line_1"}], "total": 10000}
        for method in ("PUT", "PATCH"):
            assert faults(await api.call(method, where, many)) == [("/items/0/tax_rate", "tax_rate_not_listed")]
            kept = {"items": placed["items"], "total": 10, "notes": f"ring once, {method}"}
            assert (await api.call(method, where, kept)).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "other", [{**TEN, "price": 100, "quantity": 1}, {"product_id": "q", "quantity": 1, "price": 100}]
)
async def test_nor_off_the_order_when_its_items_are_others(shop: Api, other: dict[str, Any], method: str) -> None:
    item = {"product_id": "p", "quantity": 10, "price": 100}
    placed = (await shop.call("POST", ORDERS, order(900, item, discount=100), role="staff")).json()
    where, body = f"{ORDERS}/{placed['order_id']}", {"items": [other], "total": 0}
    answer = await shop.call(method, where, body)
    assert faults(answer) == [("/discount", "discount_not_allowed")]
    assert "leave the items as they are, or ask the shop" in answer.json()["errors"][0]["message"]
    kept = {"items": placed["items"], "total": 900, "notes": "ring once"}
    assert (await shop.call(method, where, kept)).status_code == 200
    assert (await shop.call(method, where, body, role="staff")).status_code == 200


async def test_money_faults_are_told_along_with_those_of_form(shop: Api) -> None:
    body = order(50, line(discount=9.98, sku=7), custmer="x")
    assert ("/items/0/discount", "discount_not_allowed") in faults(await shop.call("POST", ORDERS, body))
    free = order(0, line(price=0), custmer="x")
    assert faults(await shop.call("POST", ORDERS, free)) == [("/custmer", "unknown_field")], "the catalogue's to say"


# -- shops that are not ready --------------------------------------------------------------------------------------


async def test_a_shop_that_settles_no_prices_takes_no_orders_of_customers(tmp_path: Path) -> None:
    async with a_shop(tmp_path, must_be_settled=True) as api:
        for headers in ({}, ASYNC, {"Idempotency-Key": "k"}):
            answer = await api.call("POST", ORDERS, SMOKE, headers=headers)
            found = expect(answer, 409, "shop-not-ready")
            assert found["errors"][0]["code"] == "shop_not_ready"
            assert "retry-after" not in answer.headers
        for role in SHOP_ROLES:
            assert (await api.call("POST", ORDERS, SMOKE, role=role)).status_code == 201
        assert faults(await api.call("POST", ORDERS, BODY | {"x": 1})) == [("/x", "unknown_field")]
        assert (await api.client.get("/health")).status_code == 200


async def test_nor_other_lines_in_an_order_that_is_there(tmp_path: Path) -> None:
    async with a_shop(tmp_path, must_be_settled=True) as api:
        placed = await api.placed(role="staff")
        where = f"{ORDERS}/{placed['order_id']}"
        for method in ("PUT", "PATCH"):
            more = {"items": [line(line_id="line_1", quantity=3)], "total": 89.97}
            assert "retry-after" not in (await api.call(method, where, more)).headers
            expect(await api.call(method, where, more), 409, "shop-not-ready")
            fewer = {"items": [line(line_id="line_1", quantity=1)], "total": 29.99}
            assert (await api.call(method, where, fewer)).status_code == 200
            assert (await api.call("PATCH", where, {"notes": "ring once"})).status_code == 200
            back = {"items": [line(line_id="line_1", quantity=2)], "total": 59.98}
            assert (await api.call("PATCH", where, back, role="staff")).status_code == 200


async def test_one_that_takes_prices_as_ordered_does(tmp_path: Path) -> None:
    async with a_shop(tmp_path, PriceRules(as_ordered=True), must_be_settled=True) as api:
        assert (await api.placed())["total"] == 59.98


# -- unchecked prices ----------------------------------------------------------------------------------------------


async def test_only_the_shop_is_told_that_nobody_checked_the_prices(shop: Api) -> None:
    placed = await shop.placed()
    assert "prices" not in placed
    where = f"{ORDERS}/{placed['order_id']}"
    assert "prices" not in (await shop.call("GET", where)).json()
    for role in SHOP_ROLES:
        assert (await shop.call("GET", where, role=role)).json()["prices"] == "unchecked"
    own = await shop.placed(role="staff")
    assert "prices" not in (await shop.call("GET", f"{ORDERS}/{own['order_id']}", role="staff")).json()


async def test_nobody_says_so_in_a_body(shop: Api) -> None:
    sent = await shop.call("POST", ORDERS, BODY | {"prices": "checked"})
    assert faults(sent) == [("/prices", "unknown_field")]
    placed = await shop.placed()
    where = f"{ORDERS}/{placed['order_id']}"
    seen = (await shop.call("GET", where, role="staff")).json()
    back = await shop.call("PUT", where, seen | {"notes": "x"}, role="staff")
    assert (back.status_code, back.json()["prices"]) == (200, "unchecked")
    for role in ("customer", "staff"):
        answer = await shop.call("PATCH", where, {"prices": "checked"}, role=role)
        assert faults(answer) == [("/prices", "not_editable")]
