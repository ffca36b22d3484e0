"""The contract of ``TableCopy``: what copies are compared by. Memory and moto."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.dynamodb.table_copy import DynamoTableCopy
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.table_copy import MemoryTableCopy
from orders.domain.order import Change
from orders.ports.documents import document_key
from orders.ports.errors import TransientPortError
from orders.ports.orders_by_day import OrderOutline
from orders.ports.table_copies import OrderCopy, TableCopy
from tests.contract.changes import placed
from tests.contract.endpoints import REGION, Endpoint
from tests.contract.order_stores import created_table, store_over
from tests.support.builders import NOON


@dataclass
class Written:
    """A copy, and the ports by which it is written to."""

    copy: TableCopy
    orders: Any
    outbox: Any
    put: Any

    async def of(self, change: Change) -> OrderCopy:
        """What the copy has of the order."""
        return await self.copy.order(await self.outline(change))

    async def outline(self, change: Change) -> OrderOutline:
        found = [each async for each in self.copy.orders(NOON) if each.order_id == change.order.order_id]
        return found[0] if found else OrderOutline("2020-01-01T00:00:00.000Z#x", "t", change.order.order_id, 0)


@pytest.fixture(params=["memory", "moto"])
async def copies(request: pytest.FixtureRequest, moto_endpoint: Endpoint) -> AsyncIterator[tuple[Written, Written]]:
    if request.param == "memory":
        yield _in_memory(), _in_memory()
        return
    stack = ExitStack()
    made = [
        await asyncio.to_thread(stack.enter_context, created_table(moto_endpoint, f"t{uuid4().hex[:10]}"))
        for _ in range(2)
    ]
    async with moto_endpoint.client("dynamodb") as dynamodb, moto_endpoint.client("s3") as s3:
        left, right = [await _on_aws(dynamodb, s3, table.name) for table in made]
        yield left, right
    await asyncio.to_thread(stack.close)


def _in_memory() -> Written:
    table, documents = MemoryTable(), MemoryDocumentStore()
    copy = MemoryTableCopy(table, documents, name="memory")
    return Written(copy, MemoryOrderRepository(table), MemoryOutbox(table), documents.put)


async def _on_aws(dynamodb: Any, s3: Any, table: str) -> Written:
    bucket = f"documents-{uuid4().hex[:12]}"
    await s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    async def put(key: str, pdf: bytes) -> None:
        await s3.put_object(Bucket=bucket, Key=key, Body=pdf)

    store = store_over(dynamodb, table, "af-south-1")
    return Written(DynamoTableCopy(dynamodb, table, name=table, s3=s3, bucket=bucket), store.orders, store.outbox, put)


async def test_what_is_the_same_has_the_same_checksums(copies: tuple[Written, Written]) -> None:
    change = placed("demo", at=NOON)
    for each in copies:
        await each.orders.add(change)
    left, right = [await each.of(change) for each in copies]
    assert left == right
    assert "ORDER" in left.checksums
    assert left.events == (1,)
    assert left.gap is None


async def test_what_has_changed_in_one_has_another_checksum_there(copies: tuple[Written, Written]) -> None:
    change = placed("demo", at=NOON)
    for each in copies:
        await each.orders.add(change)
    await copies[1].outbox.settle(change.event)
    left, right = [await each.of(change) for each in copies]
    assert left.checksums["ORDER"] != right.checksums["ORDER"]
    assert set(right.checksums) - set(left.checksums) == {"EVENT#0000000001"}
    assert left.events == right.events == (1,)


async def test_what_is_not_there_has_nothing(copies: tuple[Written, Written]) -> None:
    assert await copies[0].of(placed("demo", at=NOON)) == OrderCopy({}, (), frozenset())
    assert [each async for each in copies[0].copy.orders(NOON - timedelta(days=900))] == []


async def test_an_orders_pdfs_are_named_by_their_versions(copies: tuple[Written, Written]) -> None:
    change, other = placed("demo", at=NOON), placed("demo", at=NOON)
    await copies[0].orders.add(change)
    for each in (change, other):
        key = document_key(tenant_id="demo", created_at=NOON, order_id=each.order.order_id, version=3)
        await copies[0].put(key, b"%PDF")
    assert (await copies[0].of(change)).documents == {"3.pdf"}


@pytest.mark.parametrize(("events", "gap"), [((), None), ((1, 2, 3), None), ((2,), 1), ((1, 2, 4), 3)])
def test_a_gap_is_the_first_event_that_is_missing(events: tuple[int, ...], gap: int | None) -> None:
    assert OrderCopy({}, events, frozenset()).gap == gap


async def test_out_of_reach_it_says_so() -> None:
    table = MemoryTable()
    table.reachable = False
    outline = OrderOutline("2026-01-05T10:00:00.000Z#x", "demo", "x", 1)
    async with Endpoint("nobody", "http://127.0.0.1:9").client("dynamodb") as nobody:
        copies: list[TableCopy] = [
            MemoryTableCopy(table, MemoryDocumentStore(), name="m"),
            DynamoTableCopy(nobody, "orders", name="d"),
        ]
        for each in copies:
            with pytest.raises(TransientPortError):
                await each.order(outline)
