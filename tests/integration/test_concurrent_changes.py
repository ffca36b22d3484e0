"""Fifty changes of one order at once, by two tasks of the API over one table ([API-5], [Q-13]): none is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from orders.adapters.inbound.http.middleware.edge import LOCAL
from tests.contract.endpoints import given_endpoint
from tests.contract.order_stores import EmulatorTable, created_table, store_over
from tests.support.builders import NOON
from tests.support.http_api import ORDERS, Api, an_api_in_this_loop, expect
from tests.support.service import Service

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(300)]

UNITS = 60
PATIENT = replace(LOCAL, request_timeout=timedelta(minutes=4))
"""Generous limit: the emulator's speed is not under test."""

BODY = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": UNITS, "price": 1}],
    "total": UNITS,
    "currency": "ZAR",
    "metadata": {"channel": "web"},
}


@pytest.fixture(scope="module", params=["dynamodb-local", "ministack"])
def table(request: pytest.FixtureRequest) -> Iterator[EmulatorTable]:
    with created_table(given_endpoint(request.param), f"c{uuid4().hex[:10]}") as table:
        yield table


@dataclass
class Tasks:
    """Two tasks of the API, each with a client of its own, that take requests in turn."""

    apis: list[Api]
    tenant: str

    def __post_init__(self) -> None:
        self._turns = cycle(self.apis)

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A call by the shop's staff, to whose turn it is."""
        return await next(self._turns).call(method, ORDERS + path, body, tenant=self.tenant, role="staff", **more)

    async def order(self, status: str) -> tuple[str, int]:
        """An order in that status; its id and version."""
        # Always by the same task: ids are counted by each.
        placed = await self.apis[0].call("POST", ORDERS, BODY, tenant=self.tenant, role="staff")
        assert placed.status_code == 201, placed.text
        order_id = placed.json()["order_id"]
        if status == "pending":
            return order_id, 1
        changed = await self.call("PUT", f"/{order_id}/status", {"status": status})
        assert changed.status_code == 200, changed.text
        return order_id, changed.json()["version"]

    async def pages(self, path: str) -> list[dict[str, Any]]:
        """Everything that a listing holds."""
        found, cursor = [], ""
        while True:
            page = (await self.call("GET", f"{path}?limit=20{cursor}")).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def settle(self, order_id: str) -> list[int]:
        """Publish all that waits; the sequences that were published by anybody, in order."""
        for api in self.apis:
            await api.service.order_changer._fast_path.drain()
        service = self.apis[0].service
        await service.publish_events.waiting_of(self.tenant, order_id)
        assert await service.outbox.waiting(self.tenant, order_id) == []
        published = [event for api in self.apis for event in api.service.publisher.published]
        return sorted({event.sequence for event in published if event.order_id == order_id})


@pytest.fixture
async def tasks(table: EmulatorTable, tmp_path: Path) -> AsyncIterator[Tasks]:
    tenant = f"tenant_{uuid4().hex[:12]}"
    async with AsyncExitStack() as stack:
        apis = []
        for number in range(2):
            client = await stack.enter_async_context(table.endpoint.client("dynamodb"))
            service = Service(over=store_over(client, table.name, "region_1"), start=NOON + timedelta(hours=number))
            apis.append(await stack.enter_async_context(an_api_in_this_loop(tmp_path, service, PATIENT)))
        yield Tasks(apis, tenant)


async def check_history(tasks: Tasks, order_id: str, changes: int) -> None:
    """As many events as changes: counted without gaps in the log, in history and on the bus; each a version."""
    history = [entry for entry in await tasks.pages(f"/{order_id}/history") if entry["kind"] == "event"]
    everyone = list(range(1, changes + 1))
    assert [entry["sequence"] for entry in history] == everyone
    assert [entry["version"] for entry in history] == everyone
    events = await tasks.pages(f"/{order_id}/events")
    assert [int(event["sequence"]) for event in events] == everyone
    assert len({event["id"] for event in events}) == changes
    assert await tasks.settle(order_id) == everyone
    assert [int(event["sequence"]) for event in await tasks.pages(f"/{order_id}/events")] == everyone


async def test_of_fifty_updates_of_different_fields_at_once_none_is_lost(tasks: Tasks) -> None:
    order_id, version = await tasks.order("processing")
    keys = [f"key_{number}" for number in range(19)]
    updates: list[dict[str, Any]] = [
        *({"metadata": {key: f"of {key}"}} for key in keys),
        *({"notes": f"note {number}"} for number in range(16)),
        *({"billing_address": {"line2": f"unit {number}"}} for number in range(15)),
    ]
    answers = await asyncio.gather(*(tasks.call("PATCH", f"/{order_id}", update) for update in updates))
    assert Counter(answer.status_code for answer in answers) == {200: 50}
    shown = [answer.json() for answer in answers]
    assert sorted(order["version"] for order in shown) == list(range(version + 1, version + 51))
    for update, order in zip(updates, shown, strict=True):
        for field, value in update.items():
            assert order[field] == value or value.items() <= order[field].items()
    last = max(shown, key=lambda order: int(order["version"]))
    final = (await tasks.call("GET", f"/{order_id}")).json()
    assert final == last
    assert final["metadata"] == {"channel": "web"} | {key: f"of {key}" for key in keys}
    assert final["notes"].startswith("note ")
    assert final["billing_address"]["line2"].startswith("unit ")
    await check_history(tasks, order_id, version + 50)


async def test_of_fifty_parcels_at_once_none_is_lost_and_nothing_is_shipped_twice(tasks: Tasks) -> None:
    order_id, version = await tasks.order("processing")

    def parcel(number: int) -> dict[str, Any]:
        return {"carrier": "DHL", "tracking_number": f"T{number}", "lines": [{"line_id": "line_1", "quantity": 1}]}

    answers = await asyncio.gather(*(tasks.call("POST", f"/{order_id}/fulfill", parcel(n)) for n in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 50}
    order = (await tasks.call("GET", f"/{order_id}")).json()
    assert (order["status"], order["version"], order["items"][0]["open_quantity"]) == (
        "partially_fulfilled", version + 50, UNITS - 50,
    )  # fmt: skip
    assert {each["tracking_number"] for each in order["parcels"]} == {f"T{number}" for number in range(50)}
    assert len({each["parcel_id"] for each in order["parcels"]}) == 50
    await check_history(tasks, order_id, version + 50)


async def test_of_fifty_that_exclude_each_other_each_is_done_or_refused(tasks: Tasks) -> None:
    """Once something has shipped no text can be changed: what came too late is refused, and has changed nothing."""
    order_id, version = await tasks.order("processing")
    keys = [f"key_{number}" for number in range(17)]
    asked: list[tuple[str, str, dict[str, Any]]] = []
    for number in range(17):
        asked.append(("PATCH", "", {"metadata": {keys[number]: "x"}}))
        asked.append(("PATCH", "", {"notes": f"note {number}"}))
        if number >= 1:
            line = {"line_id": "line_1", "quantity": 4}
            asked.append(("POST", "/fulfill", {"carrier": "DHL", "tracking_number": f"T{number}", "lines": [line]}))
    assert len(asked) == 50
    answers = await asyncio.gather(*(tasks.call(method, f"/{order_id}{path}", body) for method, path, body in asked))

    done = [body for (_, _, body), answer in zip(asked, answers, strict=True) if answer.status_code == 200]
    for (_, path, body), answer in zip(asked, answers, strict=True):
        if answer.status_code == 200:
            continue
        if path == "/fulfill":  # sixteen parcels of four are more than there is
            expect(answer, 409 if answer.status_code == 409 else 422, answer.json()["type"].rpartition("/")[2])
        else:
            problem = expect(answer, 409, "illegal-transition")
            assert "update" not in problem["allowed_actions"], body
    order = (await tasks.call("GET", f"/{order_id}")).json()
    assert order["version"] == version + len(done)
    assert set(order["metadata"]) == {"channel"} | {key for body in done for key in body.get("metadata", ())}
    tracked = {body["tracking_number"] for body in done if "carrier" in body}
    assert {parcel["tracking_number"] for parcel in order["parcels"]} == tracked
    assert len(tracked) == UNITS // 4
    assert (order["status"], order["items"][0]["open_quantity"]) == ("fulfilled", 0)
    notes = [body["notes"] for body in done if "notes" in body]
    assert order.get("notes") in (notes or [None])
    await check_history(tasks, order_id, version + len(done))


async def test_of_twenty_who_saw_the_same_version_one_changes_it(tasks: Tasks) -> None:
    order_id, version = await tasks.order("pending")
    tag = (await tasks.call("GET", f"/{order_id}")).headers["etag"]
    answers = await asyncio.gather(
        *(tasks.call("PATCH", f"/{order_id}", {"notes": f"{n}"}, headers={"If-Match": tag}) for n in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    (winner,) = (answer for answer in answers if answer.status_code == 200)
    final = await tasks.call("GET", f"/{order_id}")
    assert (final.content, final.headers["etag"]) == (winner.content, winner.headers["etag"])
    await check_history(tasks, order_id, version + 1)


async def test_of_fifty_cancellations_and_one_confirmation_the_outcome_is_one(tasks: Tasks) -> None:
    order_id, version = await tasks.order("pending")
    calls = [tasks.call("POST", f"/{order_id}/cancel", {"reason": f"reason {number}"}) for number in range(49)]
    confirmed, *cancelled = await asyncio.gather(
        tasks.call("PUT", f"/{order_id}/status", {"status": "processing"}), *calls
    )
    assert {answer.status_code for answer in cancelled} == {200}
    assert {answer.json()["status"] for answer in cancelled} == {"cancelled"}
    assert len({answer.content for answer in cancelled}) == 1
    assert confirmed.status_code in {200, 409}
    await check_history(tasks, order_id, version + 1 + (confirmed.status_code == 200))
