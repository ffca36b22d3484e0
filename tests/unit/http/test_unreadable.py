"""Unreadable data of a shop at the API: the rest is shown, and the gap is reported ([PIPE-14])."""

from typing import Any

import pytest

from orders.ports.errors import ItemKind
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from tests.support.builders import NOON
from tests.support.http_api import ORDERS, SMOKE, Api, expect

STAFF = ("staff", "admin", "service")
CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", "", {"notes": "ring"}),
    ("PUT", "/status", {"status": "processing"}),
    ("POST", "/cancel", None),
    ("POST", "/fulfill", {"carrier": "DHL", "tracking_number": "T1"}),
    ("DELETE", "", None),
    ("POST", "/erase", None),
)


def damage(api: Api, order: dict[str, Any], kind: ItemKind = ItemKind.ORDER, sequence: int | None = None) -> None:
    api.service.table.damage(kind, order["tenant_id"], order["order_id"], sequence)


async def listed(api: Api, query: str = "", **who: Any) -> tuple[list[str], int, int]:
    """Ids of all pages, how many were said to be unreadable, and how many pages there were."""
    found: list[str] = []
    unreadable = pages = 0
    cursor: str | None = ""
    while cursor is not None:
        answer = await api.call("GET", f"{ORDERS}?limit=2{query}{cursor and f'&cursor={cursor}'}", **who)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [order["order_id"] for order in page["items"]]
        unreadable += page.get("unreadable", 0)
        cursor, pages = page["next_cursor"], pages + 1
        assert pages < 20
    return found, unreadable, pages


@pytest.mark.parametrize("role", STAFF)
async def test_a_listing_leaves_out_what_it_cannot_read_says_so_to_the_shop_and_goes_on(api: Api, role: str) -> None:
    orders = [await api.placed() for _ in range(7)]
    for index in (0, 3, 6):
        damage(api, orders[index])
    whole = [order["order_id"] for index, order in enumerate(orders) if index not in {0, 3, 6}]
    for query in ("", "&sort=created_at", "&customer_id=cust_test_001", "&status=pending"):
        found, unreadable, _ = await listed(api, query, role=role)
        assert (sorted(found), unreadable) == (sorted(whole), 3)
    assert api.service.counters.of(UNREADABLE_ITEMS, kind="order", where="listing") == 12


async def test_a_customer_is_not_told_how_many_are_left_out(api: Api) -> None:
    orders = [await api.placed() for _ in range(3)]
    damage(api, orders[1])
    found, unreadable, _ = await listed(api)
    assert (sorted(found), unreadable) == (sorted([orders[0]["order_id"], orders[2]["order_id"]]), 0)


async def test_a_page_of_nothing_but_unreadable_orders_leads_on(api: Api) -> None:
    orders = [await api.placed() for _ in range(6)]
    for order in orders[1:]:
        damage(api, order)
    assert (await listed(api, role="staff"))[:2] == ([orders[0]["order_id"]], 5)


@pytest.mark.parametrize("path", ["", "/status", "/track", "/history", "/events", "/document"])
async def test_an_order_that_cannot_be_read_is_a_problem_of_its_own_kind(api: Api, path: str) -> None:
    order = await api.placed()
    damage(api, order)
    said = expect(await api.call("GET", f"{ORDERS}/{order['order_id']}{path}", role="staff"), 500, "unreadable")
    assert "damaged" not in said["detail"]
    assert "tenant" not in said["detail"]
    assert api.service.counters.of(UNREADABLE_ITEMS, kind="order", where="order") == 1


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_nothing_is_changed_of_what_cannot_be_read(api: Api, method: str, path: str, body: Any) -> None:
    order = await api.placed()
    damage(api, order)
    expect(await api.call(method, f"{ORDERS}/{order['order_id']}{path}", body, role="admin"), 500, "unreadable")
    api.service.table._damaged.clear()
    assert (await api.call("GET", f"{ORDERS}/{order['order_id']}")).json() == order


async def test_to_another_customer_an_unreadable_order_is_as_little_there_as_any(api: Api) -> None:
    order = await api.placed()
    damage(api, order)
    path = f"{ORDERS}/{order['order_id']}"
    expect(await api.call("GET", path), 500, "unreadable")
    expect(await api.call("GET", path, customer="cust_test_002"), 404, "not-found")
    expect(await api.call("GET", path, tenant="another", role="staff"), 404, "not-found")


async def test_an_acceptance_that_cannot_be_read_is_the_shop_s_problem(api: Api) -> None:
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Prefer": "respond-async"})
    path = f"{ORDERS}/{answer.json()['order_id']}"
    api.service.table.damage(ItemKind.ACCEPTANCE, "demo", answer.json()["order_id"])
    expect(await api.call("GET", path, role="staff"), 500, "unreadable")
    expect(await api.call("GET", path, customer="cust_test_002"), 404, "not-found")


async def test_a_repeated_request_whose_first_answer_cannot_be_read_does_nothing_again(api: Api) -> None:
    key = {"Idempotency-Key": "checkout-7"}
    order = (await api.call("POST", ORDERS, SMOKE, headers=key)).json()
    damage(api, order, ItemKind.EVENT, 1)
    expect(await api.call("POST", ORDERS, SMOKE, headers=key), 500, "unreadable")
    assert len((await api.call("GET", ORDERS)).json()["items"]) == 1
    api.service.table._damaged.clear()
    damage(api, order)
    expect(await api.call("POST", ORDERS, SMOKE, headers=key), 500, "unreadable")


async def test_history_and_events_show_what_can_be_read_and_say_how_much_is_missing(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    for number in range(4):
        await api.call("PATCH", path, {"metadata": {f"k{number}": "x"}})
    damage(api, order, ItemKind.EVENT, 2)
    damage(api, order, ItemKind.EVENT, 5)
    for name in ("history", "events"):
        first = (await api.call("GET", f"{path}/{name}?limit=3", role="staff")).json()
        assert [int(each["sequence"]) for each in first["items"]] == [1, 3]
        assert first["unreadable"] == 1
        second = (await api.call("GET", f"{path}/{name}?limit=3&cursor={first['next_cursor']}", role="staff")).json()
        assert [int(each["sequence"]) for each in second["items"]] == [4]
        assert (second["unreadable"], second["next_cursor"]) == (1, None)


async def test_history_without_one_mail_s_record_says_so(api: Api) -> None:
    order = await api.placed()
    intents = api.service.intents
    for sequence, template in ((1, MailTemplate.ORDER_CONFIRMATION), (1, MailTemplate.STAFF_NEW_ORDER)):
        intent = MailIntent("demo", order["order_id"], sequence, template, "t@example.com")
        await intents.finish(intent, MailState.SENT, at=NOON)
    intents.damage(MailIntent("demo", order["order_id"], 1, MailTemplate.STAFF_NEW_ORDER, "t@example.com").reference)
    page = (await api.call("GET", f"{ORDERS}/{order['order_id']}/history", role="staff")).json()
    assert [entry["kind"] for entry in page["items"]] == ["event", "mail"]
    assert page["unreadable"] == 1
    assert api.service.counters.of(UNREADABLE_ITEMS, kind="mail", where="history") == 1
