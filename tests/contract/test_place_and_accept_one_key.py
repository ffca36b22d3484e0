"""One key used for placing and for accepting, over HTTP and a table on an emulator, by two tasks of the API at once.

In memory the same is in ``tests/unit/http/test_async_create.py``, and every order of requests in
``test_interleavings.py``.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.order_stores import EmulatorTable, store_over
from tests.support.http_api import ORDERS, SMOKE, Api, an_api_in_this_loop, expect
from tests.support.service import Service

SAME, OTHER = json.loads(SMOKE), json.loads(SMOKE) | {"notes": "another"}
ASYNC, AT_ONCE = "respond-async", "wait=10"
ROUNDS = 20


@pytest.fixture
async def tasks(dynamo_table: EmulatorTable, tmp_path: Path) -> AsyncIterator[list[Api]]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(dynamo_table.endpoint.client("dynamodb"))
        services = [Service(over=store_over(client, dynamo_table.name, "region-of-keys")) for _ in range(2)]
        yield [
            await stack.enter_async_context(an_api_in_this_loop(tmp_path, service, checked=False))
            for service in services
        ]
        for service in services:
            await service.fast_path.drain()


async def create(api: Api, tenant: str, key: str, body: Any, prefer: str) -> httpx.Response:
    headers = {"Prefer": prefer, "Idempotency-Key": key}
    return await api.call("POST", ORDERS, body, headers=headers, tenant=tenant)


async def taken(api: Api, tenant: str, answer: httpx.Response) -> dict[str, Any]:
    """The order of a create's answer, once the record-creator has been at work."""
    order_id = answer.json()["order_id"]
    if answer.status_code == 202:
        await api.service.place_accepted.execute(tenant, order_id)
    found: dict[str, Any] = (await api.call("GET", f"{ORDERS}/{order_id}", tenant=tenant)).json()
    return found


@pytest.mark.parametrize(("first", "second"), [(ASYNC, AT_ONCE), (AT_ONCE, ASYNC)])
async def test_what_came_first_is_the_answer_at_either_task(
    tasks: list[Api], tenant_id: str, first: str, second: str
) -> None:
    one, other = tasks
    answer = await create(one, tenant_id, "k", SAME, first)
    expect(await create(other, tenant_id, "k", OTHER, second), 422, "idempotency-key-reused")
    again = await create(other, tenant_id, "k", SAME, second)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
    assert again.headers["idempotent-replayed"] == "true"
    order = await taken(other, tenant_id, answer)
    assert (order["status"], order.get("notes")) == ("pending", None)
    last = await create(one, tenant_id, "k", SAME, second)
    assert (last.status_code, last.content) == (answer.status_code, answer.content)


@pytest.mark.parametrize("same", [True, False], ids=["one body", "two bodies"])
async def test_of_both_ways_at_once_one_gives_the_answer(tasks: list[Api], tenant_id: str, same: bool) -> None:
    one, other = tasks
    for number in range(ROUNDS):
        sent = [(one, SAME, ASYNC), (other, SAME if same else OTHER, AT_ONCE)]
        if number % 2:
            sent.reverse()
        answers = await asyncio.gather(*(create(api, tenant_id, f"k{number}", *what) for api, *what in sent))
        won = [(answer, body) for answer, (_, body, _) in zip(answers, sent, strict=True) if answer.is_success]
        assert len({(answer.status_code, answer.content) for answer, _ in won}) == 1
        assert [answer.status_code for answer in answers if not answer.is_success] == ([] if same else [422])
        order = await taken(one, tenant_id, won[0][0])
        assert (order["status"], order.get("notes")) == ("pending", won[0][1].get("notes"))
