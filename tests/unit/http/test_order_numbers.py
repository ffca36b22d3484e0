"""An order's number is taken wherever its id is, and is the same order ([DOM-6])."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.outbound.memory.orders_table import OrderRow
from orders.domain.identity import order_number
from orders.domain.lifecycle import Status
from tests.support.builders import an_order_id
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect

KEY = {"Idempotency-Key": "key-1"}
UNKNOWN = order_number(an_order_id(99_999))
PARTS = ("", "/status", "/track", "/history", "/events")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as found:
        yield found


async def accepted(api: Api, **headers: str) -> dict[str, Any]:
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Prefer": "respond-async"} | headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("part", PARTS)
async def test_reading_by_number_is_reading_by_id(part: str, api: Api) -> None:
    order = await api.placed()
    by_id = await api.call("GET", f"{ORDERS}/{order['order_id']}{part}")
    by_number = await api.call("GET", f"{ORDERS}/{order['order_number']}{part}")
    assert (by_number.status_code, by_number.content) == (200, by_id.content)
    assert by_number.headers.get("etag") == by_id.headers.get("etag")


async def test_links_and_pages_lead_on_by_either(api: Api) -> None:
    order = await api.placed()
    await api.call("PATCH", f"{ORDERS}/{order['order_number']}", {"notes": "x"})
    page = await api.call("GET", f"{ORDERS}/{order['order_number']}/history?limit=1")
    following = page.headers["link"].partition(">")[0].lstrip("<")
    assert following.startswith(f"{ORDERS}/{order['order_number']}/history?")
    assert (await api.call("GET", following)).json()["items"][0]["type"] == "updated"
    by_id = following.replace(order["order_number"], order["order_id"])
    assert (await api.call("GET", by_id)).json()["items"][0]["type"] == "updated"
    links = (await api.call("GET", f"{ORDERS}/{order['order_number']}")).json()["_links"]
    assert links["self"]["href"] == f"{ORDERS}/{order['order_id']}"


@pytest.mark.parametrize(
    "typed",
    [
        str.lower, lambda number: number.replace("-", ""), lambda number: number.replace("-", "%20"),
        lambda number: number.replace("-", "\u2013").lower(), lambda number: f"%20{number}%20",
        lambda number: number.replace("0", "o").replace("1", "l"),
    ],
)  # fmt: skip
async def test_it_is_taken_as_people_type_it(typed: Any, api: Api) -> None:
    order = await api.placed()
    found = await api.call("GET", f"{ORDERS}/{typed(order['order_number'])}")
    assert (found.status_code, found.json()["order_id"]) == (200, order["order_id"])
    done = await api.call("POST", f"{ORDERS}/{typed(order['order_number'])}/cancel", {}, headers=KEY)
    again = await api.call("POST", f"{ORDERS}/{order['order_id']}/cancel", {}, headers=KEY)
    assert (done.status_code, again.headers["idempotent-replayed"]) == (200, "true")


async def test_one_key_counts_for_the_order_however_it_is_named(api: Api) -> None:
    order = await api.placed()
    by_number, by_id = f"{ORDERS}/{order['order_number']}", f"{ORDERS}/{order['order_id']}"
    first = await api.call("PATCH", by_number, {"notes": "ring"}, headers=KEY)
    again = await api.call("PATCH", by_id, {"notes": "ring"}, headers=KEY)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    expect(await api.call("PATCH", by_id, {"notes": "knock"}, headers=KEY), 422, "idempotency-key-reused")

    await api.call("PUT", f"{by_id}/status", {"status": "processing"}, role="staff")
    parcel = {"carrier": "DHL", "tracking_number": "T"}
    sent = [
        await api.call("POST", path, parcel, role="staff", headers=KEY)
        for path in (f"{by_number}/fulfil", f"{by_id}/fulfill", f"{by_number}/fulfill/")
    ]
    assert [answer.headers.get("idempotent-replayed") for answer in sent] == [None, "true", "true"]
    assert len({answer.content for answer in sent}) == 1


async def test_it_is_the_order_that_the_audit_trail_names(api: Api) -> None:
    order = await api.placed()
    for customer, outcome in (("cust_test_001", "allowed"), ("cust_other", "denied")):
        api.service.trail.records.clear()
        await api.call("GET", f"{ORDERS}/{order['order_number']}", customer=customer)
        (record,) = api.service.trail.records
        assert (record.operation, record.order_id, str(record.outcome)) == ("getOrder", order["order_id"], outcome)
    api.service.trail.records.clear()
    await api.call("GET", f"{ORDERS}/{UNKNOWN}")
    assert api.service.trail.records[0].order_id is None


@pytest.mark.parametrize("keyed", [True, False])
async def test_what_is_accepted_has_its_number_at_once(keyed: bool, api: Api) -> None:
    order = await accepted(api, **(KEY if keyed else {}))
    here = f"{ORDERS}/{order['order_number']}"
    for part in (*PARTS, "/document"):
        by_number = await api.call("GET", here + part)
        by_id = await api.call("GET", f"{ORDERS}/{order['order_id']}{part}")
        assert by_number.status_code == (202 if part == "/document" else 200)
        assert by_number.content == by_id.content
    assert (await api.call("GET", here)).json()["status"] == "accepted"
    expect(await api.call("POST", f"{here}/cancel", {}), 409, "illegal-transition")
    expect(await api.call("GET", here, customer="cust_other"), 404, "not-found")

    await api.service.place_accepted.execute("demo", order["order_id"])
    assert (await api.call("GET", here)).json()["status"] == "pending"


async def test_what_is_rejected_later_is_found_by_its_number(api: Api) -> None:
    order = await accepted(api)
    key = ("demo", order["order_id"])
    draft = api.service.table.accepted[key].draft
    assert draft is not None
    api.service.table.accepted[key] = replace(api.service.table.accepted[key], draft=replace(draft, currency="XXX"))
    await api.service.place_accepted.execute(*key)
    found = await api.call("GET", f"{ORDERS}/{order['order_number']}")
    assert (found.status_code, found.json()["status"]) == (200, "rejected")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (UNKNOWN, "no such order"),
        ("BB-0000-0000-0000-1", "typo"),
        ("BB-0000-0000-0000", "no such order"),
        ("BB-0000-0000-0000-0-0", "no such order"),
        ("ord_0", "no such order"),
        ("B" * 3000, "no such order"),
    ],
)
async def test_what_is_no_orders_number_is_404_and_a_typo_is_said_to_be_one(number: str, says: str, api: Api) -> None:
    for method, part in (("GET", ""), ("POST", "/cancel")):
        problem = expect(await api.call(method, f"{ORDERS}/{number}{part}"), 404, "not-found")
        assert says in problem["detail"]


async def test_while_the_index_lags_an_order_is_not_denied(api: Api) -> None:
    placed, waiting = await api.placed(), await accepted(api)
    api.service.table.indexes_numbers = False
    for order in (placed, waiting):
        for method, part, body in (("GET", "", None), ("PATCH", "", {"notes": "x"}), ("GET", "/document", None)):
            answer = await api.call(method, f"{ORDERS}/{order['order_number']}{part}", body)
            problem = expect(answer, 503, "unavailable")
            assert answer.headers["retry-after"] == "1"
            assert "nothing was changed" in problem["detail"]
        assert (await api.call("GET", f"{ORDERS}/{order['order_id']}")).status_code == 200
    expect(await api.call("GET", f"{ORDERS}/{UNKNOWN}"), 404, "not-found")
    api.service.table.indexes_numbers = True
    assert (await api.call("GET", f"{ORDERS}/{placed['order_number']}")).status_code == 200


async def test_of_orders_that_share_a_number_it_is_the_callers_own(api: Api) -> None:
    mine = await api.placed()
    other = await api.call("POST", ORDERS, json.loads(SMOKE) | {"customer_id": "cust_2"}, role="staff")
    rows = api.service.table.rows
    key = ("demo", other.json()["order_id"])
    rows[key] = OrderRow(replace(rows[key].order, order_number=mine["order_number"]))
    here = f"{ORDERS}/{mine['order_number']}"
    assert (await api.call("GET", here)).json()["order_id"] == mine["order_id"]
    assert (await api.call("GET", here, customer="cust_2")).json()["order_id"] == key[1]
    expect(await api.call("GET", here, customer="cust_3"), 404, "not-found")
    problem = expect(await api.call("POST", f"{here}/cancel", {}, role="staff"), 404, "not-found")
    assert "more than one order" in problem["detail"]
    assert {row.order.status for row in rows.values()} == {Status.PENDING}
    found = (await api.call("GET", f"{ORDERS}?order_number={mine['order_number']}", role="staff")).json()["items"]
    assert {order["order_id"] for order in found} == {mine["order_id"], key[1]}


async def test_a_deleted_order_is_found_by_its_number_by_whom_it_is_by_its_id(api: Api) -> None:
    order = await api.placed()
    here = f"{ORDERS}/{order['order_number']}"
    await api.call("POST", f"{here}/cancel", {})
    assert (await api.call("DELETE", here, role="admin")).status_code == 204
    assert (await api.call("DELETE", here, role="admin")).status_code == 204
    expect(await api.call("GET", here), 404, "not-found")
    assert (await api.call("GET", f"{here}?include_deleted=true", role="admin")).status_code == 200
