"""Streams of regions, what became of their changes, and findings: memory and moto."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.keys import event_key, order_key
from orders.adapters.outbound.dynamodb.regions.kept_changes import DynamoFindings, DynamoKeptChanges
from orders.adapters.outbound.dynamodb.regions.region_stream import DynamoRegionStream
from orders.adapters.outbound.memory.region_changes import MemoryFindings
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter, SetLease
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.region_changes import ChangeKind, Fate, Finding, Findings, StoredChange
from tests.contract.changes import placed
from tests.contract.endpoints import Endpoint
from tests.contract.intercepted_client import Call, InterceptedClient
from tests.contract.order_stores import Store, created_table, store_over
from tests.support.builders import NOON

CHANGE = StoredChange(ChangeKind.EVENT, "demo", "ord_1", 5, 1, "order.updated", "2026-01-05T09:00:00.000Z")
FINDING = Finding(CHANGE, Fate.MISSING, "af-south-1", NOON)


@dataclass
class Region:
    """A region's table on moto, with its stream."""

    client: Any
    name: str
    stream: DynamoRegionStream
    store: Store

    async def changes(self) -> list[StoredChange]:
        return [change async for change in self.stream.changes()]

    async def put(self, **item: Any) -> None:
        await self.client.put_item(TableName=self.name, Item=to_wire(item))


@pytest.fixture
async def regions(moto_endpoint: Endpoint) -> AsyncIterator[tuple[Region, Region]]:
    stack = ExitStack()
    made = [
        await asyncio.to_thread(stack.enter_context, created_table(moto_endpoint, f"t{uuid4().hex[:10]}"))
        for _ in range(2)
    ]
    async with moto_endpoint.client("dynamodb") as client, moto_endpoint.client("dynamodbstreams") as streams:
        old, new = (
            Region(
                client,
                table.name,
                DynamoRegionStream(client, streams, table.name, region=table.name),
                store_over(client, table.name, "af-south-1"),
            )
            for table in made
        )
        yield old, new
    await asyncio.to_thread(stack.close)


async def test_a_stream_tells_of_events_orders_and_what_is_published(regions: tuple[Region, Region]) -> None:
    old, _ = regions
    change = placed("demo")
    event = await old.store.orders.add(change)
    await old.store.outbox.settle(event)
    order_id = change.order.order_id
    found = list(dict.fromkeys(await old.changes()))
    assert [(each.kind, each.sequence, each.epoch) for each in found] == [
        (ChangeKind.EVENT, 1, 1),
        (ChangeKind.ORDER, 1, 1),
    ]
    assert {(each.tenant_id, each.order_id) for each in found} == {("demo", order_id)}
    assert (found[0].what, found[0].change_id) == (event.type, f"event:demo/{order_id}.1.1")


async def test_items_of_neither_order_nor_mail_are_no_changes(regions: tuple[Region, Region]) -> None:
    old, _ = regions
    await old.put(PK="CONTROL#MARK#af-south-1#0", SK="MARK", token="t")
    await old.put(PK="TENANT#demo#SUPPRESSION", SK="h")
    await old.put(**order_key("demo", "ord_1"), claim={}, sequence=0)
    assert await old.changes() == []


async def test_a_damaged_order_is_a_change_all_the_same(regions: tuple[Region, Region]) -> None:
    old, _ = regions
    await old.put(**order_key("demo", "ord_1"), sequence="x", pending={"0000000001": "y", "2": {"epoch": "z"}})
    assert [(each.kind, each.sequence, each.epoch) for each in await old.changes()] == [
        (ChangeKind.EVENT, 2, 1),
        (ChangeKind.ORDER, 0, 1),
    ]


async def test_a_table_without_a_stream_is_said(moto_endpoint: Endpoint) -> None:
    name = f"t{uuid4().hex[:10]}"
    async with moto_endpoint.client("dynamodb") as client, moto_endpoint.client("dynamodbstreams") as streams:
        await client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )
        with pytest.raises(PermanentPortError, match="has no stream"):
            await anext(DynamoRegionStream(client, streams, name, region="af-south-1").changes())
    async with Endpoint("nobody", "http://127.0.0.1:9").client("dynamodb") as nobody:
        with pytest.raises(TransientPortError):
            await anext(DynamoRegionStream(nobody, nobody, name, region="af-south-1").changes())


class Shards:
    """DynamoDB Streams with shards that moto doesn't have: parents and children on several pages, one that has gone."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def describe_table(self, **_: Any) -> Any:
        return {"Table": {"LatestStreamArn": "stream"}}

    async def describe_stream(self, **given: Any) -> Any:
        first = "ExclusiveStartShardId" not in given
        shards = (
            [{"ShardId": "child", "ParentShardId": "parent"}, {"ShardId": "other", "ParentShardId": "trimmed"}]
            if first
            else [{"ShardId": "grandchild", "ParentShardId": "child"}, {"ShardId": "parent"}]
        )
        described: dict[str, Any] = {"Shards": shards}
        return {"StreamDescription": described | ({"LastEvaluatedShardId": "other"} if first else {})}

    async def get_shard_iterator(self, **given: Any) -> Any:
        assert given["ShardIteratorType"] == "TRIM_HORIZON"
        self.read.append(given["ShardId"])
        return {"ShardIterator": f"{given['ShardId']}|0"}

    async def get_records(self, **given: Any) -> Any:
        shard, _, place = given["ShardIterator"].partition("|")
        # Gaps of a stream are read as empty pages; the open shard never ends.
        records = [record(f"ord_{shard}")] if place == "5" else []
        ended = place == "6" and shard != "grandchild"
        return {"Records": records} | ({} if ended else {"NextShardIterator": f"{shard}|{int(place) + 1}"})


def record(order_id: str) -> dict[str, Any]:
    image = to_wire(event_key("demo", order_id, 1) | {"type": "order.created", "at": "x", "epoch": 3})
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image}}


async def test_parents_are_read_before_their_children_and_an_open_shard_to_its_end() -> None:
    shards = Shards()
    stream = DynamoRegionStream(shards, shards, "orders", region="af-south-1")
    found = [change async for change in stream.changes()]
    assert shards.read == ["parent", "child", "other", "grandchild"]
    assert [each.order_id for each in found] == ["ord_parent", "ord_child", "ord_other", "ord_grandchild"]
    assert {each.epoch for each in found} == {3}


async def test_removed_items_have_no_image() -> None:
    class Removing(Shards):
        async def get_records(self, **given: Any) -> Any:
            return {"Records": [{"eventName": "REMOVE", "dynamodb": {"Keys": {}}}]}

    shards = Removing()
    assert [each async for each in DynamoRegionStream(shards, shards, "orders", region="r").changes()] == []


async def fates(old: Region, new: Region) -> dict[str, Fate]:
    kept = DynamoKeptChanges(new.client, new.name)
    found = dict.fromkeys(await old.changes())
    return {f"{each.kind} {each.epoch}.{each.sequence}": await kept.fate(each) for each in found}


async def test_what_arrived_is_kept_waiting_or_published(regions: tuple[Region, Region]) -> None:
    old, new = regions
    change = placed("demo")
    for region in regions:
        event = await region.store.orders.add(change)
    expected = {"event 1.1": Fate.KEPT, "order 1.1": Fate.KEPT}
    assert await fates(old, new) == expected
    await new.store.outbox.settle(event)
    assert await fates(old, new) == expected


async def test_what_is_published_between_two_looks_is_kept(regions: tuple[Region, Region]) -> None:
    old, new = regions
    change = placed("demo")
    for region in regions:
        event = await region.store.orders.add(change)
    looks = 0

    async def around(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
        nonlocal looks
        looks += 1
        if looks == 2:
            await new.store.outbox.settle(event)
        return await call(**arguments)

    client: Any = InterceptedClient(new.client, around)
    waiting = next(each for each in await old.changes() if each.kind is ChangeKind.EVENT)
    assert await DynamoKeptChanges(client, new.name).fate(waiting) is Fate.KEPT
    assert looks == 3


async def test_what_never_arrived_is_missing(regions: tuple[Region, Region]) -> None:
    old, new = regions
    await old.store.orders.add(placed("demo"))
    assert await fates(old, new) == {"event 1.1": Fate.MISSING, "order 1.1": Fate.MISSING}


async def test_what_another_epochs_event_replaced_is_overwritten(regions: tuple[Region, Region]) -> None:
    old, new = regions
    change = placed("demo")
    await old.store.orders.add(change)
    lease = new.store.lease
    assert isinstance(lease, SetLease)
    lease.epoch = 2
    await new.store.orders.add(change)
    assert await fates(old, new) == {"event 1.1": Fate.OVERWRITTEN, "order 1.1": Fate.KEPT}
    # The other way round the order went back, as a late copy makes it.
    assert await fates(new, old) == {"event 2.1": Fate.OVERWRITTEN, "order 2.1": Fate.OVERWRITTEN}


async def test_acceptances_are_kept_as_orders_and_mails_as_intents(regions: tuple[Region, Region]) -> None:
    _, new = regions
    kept = DynamoKeptChanges(new.client, new.name)
    change = placed("demo")
    acceptance = StoredChange(ChangeKind.ACCEPTANCE, "demo", change.order.order_id, 0, 1)
    assert await kept.fate(acceptance) is Fate.MISSING
    await new.store.orders.add(change)
    assert await kept.fate(acceptance) is Fate.KEPT
    mail = StoredChange(ChangeKind.MAIL, "demo", "ord_1", 1, 1, what="0000000001#order_confirmation#h")
    assert await kept.fate(mail) is Fate.MISSING
    await new.put(PK="TENANT#demo#MAIL#ord_1", SK=mail.what)
    assert await kept.fate(mail) is Fate.KEPT
    assert mail in await new.changes()


@pytest.fixture(params=["memory", "moto"])
async def findings(request: pytest.FixtureRequest, regions: tuple[Region, Region]) -> Findings:
    _, new = regions
    return MemoryFindings() if request.param == "memory" else DynamoFindings(new.client, new.name, AlwaysWriter())


async def test_findings_are_kept_once_and_acknowledged_once(findings: Findings) -> None:
    other = replace(FINDING, change=replace(CHANGE, order_id="ord_2"), fate=Fate.OVERWRITTEN)
    for finding in (other, FINDING, replace(FINDING, region="eu-west-1")):
        await findings.add(finding)
    assert await findings.all() == [FINDING, other]
    for by in ("thandi", "sipho"):
        assert await findings.acknowledge(FINDING.finding_id, by=by, at=NOON)
    assert not await findings.acknowledge("event:x", by="thandi", at=NOON)
    assert await findings.all() == [replace(FINDING, acknowledged_by="thandi", acknowledged_at=NOON), other]


async def test_a_finding_that_has_arrived_is_named_no_more(findings: Findings) -> None:
    await findings.add(FINDING)
    await findings.remove(FINDING.finding_id)
    await findings.remove("event:x")
    assert await findings.all() == []
