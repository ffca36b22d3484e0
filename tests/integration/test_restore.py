"""A table is backed up, its orders are erased, the backup is restored: no erased value comes back with it."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.dynamodb.erasure_ledger import DynamoErasureLedger
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.regions.control_table import OPERATORS_PATIENCE, DynamoControlTable
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.operations.reapply_erasures import Reapplied
from orders.bootstrap.aws import CLIENTS, AwsClients, open_clients, open_control_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.operator.erasures import open_erasures
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.names import ResourceNames, names_of
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology import ERASURE_LEDGER, ORDERS
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.regions import ControlState
from tests.contract.moto_server import moto_server
from tests.contract.order_stores import store_over
from tests.support.canaries import CANARY, Lives, TellingRenderer, marks_in
from tests.support.http_api import an_api_in_this_loop
from tests.support.service import Service
from tests.support.workers import Workers

ERASED = int(os.environ.get("ORDERS_TEST_RESTORED", "3"))
"""How many orders are erased; `make proof` takes a hundred."""
RESTORED = "orders-restored"


@dataclass
class World:
    """Two regions' buckets, a table, the ledger and the queues, on an emulator."""

    settings: Settings
    clients: AwsClients
    names: ResourceNames
    buckets: tuple[tuple[Any, str], ...]

    def service(self, table_name: str) -> Service:
        """The service over a table, with all else as it is."""
        (s3, own), (other_s3, other) = self.buckets
        return Service(
            renderer=TellingRenderer(),
            over=store_over(self.clients.dynamodb, table_name),
            bucket=S3DocumentStore(s3, own, AlwaysWriter()),
            elsewhere=S3DocumentStore(other_s3, other, AlwaysWriter()),
            ledger=DynamoErasureLedger(self.clients.dynamodb, self.names.table(ERASURE_LEDGER), AlwaysWriter()),
        )

    async def items(self, table_name: str) -> list[dict[str, Any]]:
        """Every item of a table, as DynamoDB has it."""
        pages = self.clients.dynamodb.get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
        return [item async for page in pages for item in page["Items"]]

    async def restore(self, backup: list[dict[str, Any]]) -> None:
        """Make a new table of a backup."""
        declared = packaged_topology().table_of(ORDERS)
        await ensure_table(self.clients.dynamodb, declared, RESTORED, Changes())
        for item in backup:
            await self.clients.dynamodb.put_item(TableName=RESTORED, Item=item)

    async def replicate(self) -> None:
        """Copy every version of the one bucket to the other, as S3 does."""
        (s3, own), (other_s3, other) = self.buckets
        for key, content in await self.documents(s3, own):
            await other_s3.put_object(Bucket=other, Key=key, Body=content)

    @staticmethod
    async def documents(s3: Any, bucket: str) -> list[tuple[str, bytes]]:
        """Every version of every object, with its content."""
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        versions = [each async for page in pages for each in page.get("Versions", [])]
        found = [
            (each["Key"], await s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]))
            for each in versions
        ]
        return [(key, await each["Body"].read()) for key, each in found]

    async def dead_letter(self, order_id: str) -> None:
        """Give up another service's command to create the order, which holds all of it."""
        body = {"command": "create_order", "order_id": order_id, "order": {"notes": CANARY}}
        await self.clients.sqs.send_message(QueueUrl=await self.letters(), MessageBody=json.dumps(body))

    async def letters(self) -> str:
        """The record-creator's dead-letter queue."""
        name = packaged_topology().dead_letter_queue_name("record-creator", "dev")
        return (await self.clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]

    async def letter_count(self) -> int:
        """How many letters are in it, held ones included."""
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = await self.clients.sqs.get_queue_attributes(
            QueueUrl=await self.letters(),
            AttributeNames=asked,  # type: ignore[arg-type]
        )
        return sum(map(int, counts["Attributes"].values()))

    async def marked(self, table_name: str) -> list[str]:
        """Finds marks in a table and both buckets, read past all adapters."""
        items = [from_wire(item) for item in await self.items(table_name)]
        found = [f"{item['PK']} {item['SK']}" for item in items if marks_in(item)]
        for s3, bucket in self.buckets:
            found += [f"{bucket}/{key}" for key, content in await self.documents(s3, bucket) if marks_in(content)]
        return found


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


async def names_the_writer(settings: Settings) -> None:
    """Has the control table name this region, long ago: the lease is held at once."""
    state = ControlState(1, settings.aws_region, frozenset(), "terraform", datetime.now(UTC) - timedelta(hours=3))
    assert settings.control_table is not None
    async with open_control_clients(settings) as clients:
        client = clients[settings.control_table_regions[0]]
        await ensure_table(client, packaged_topology().table_of("control"), settings.control_table, Changes())
        table = DynamoControlTable({"eu-west-1": client}, settings.control_table, patience=OPERATORS_PATIENCE)
        await table.replace(state, seen=None)


@pytest.fixture
async def world(aws: str, tmp_path: Path) -> AsyncIterator[World]:
    settings = load_settings(
        Role.OPERATOR,
        environment="dev",
        aws_endpoint_url=aws,
        orders_data_dir=tmp_path,
        other_region="eu-west-1",
        control_table="bbws-orders-control-dev",
        control_table_regions=("eu-west-1", "eu-central-1"),
    )
    async with open_clients(settings, CLIENTS) as clients:
        await create_resources(packaged_topology(), resource_clients(clients), environment="dev")
        names = names_of(settings, packaged_topology())
        await without_targets(clients, names.bus)
        other = names.other_region_documents
        assert other == "bbws-orders-dev-dr"
        await clients.s3_other_region.create_bucket(
            Bucket=other, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        await clients.s3_other_region.put_bucket_versioning(Bucket=other, VersioningConfiguration={"Status": "Enabled"})
        await names_the_writer(settings)
        yield World(settings, clients, names, ((clients.s3, names.bucket(ORDERS)), (clients.s3_other_region, other)))


async def without_targets(clients: AwsClients, bus: str) -> None:
    """Let the bus take events and deliver them nowhere: moto knows no topics as targets."""
    for rule in (await clients.events.list_rules(EventBusName=bus))["Rules"]:
        targets = await clients.events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)
        if targets["Targets"]:
            ids = [each["Id"] for each in targets["Targets"]]
            await clients.events.remove_targets(Rule=rule["Name"], EventBusName=bus, Ids=ids)


async def test_no_erased_value_comes_back_with_a_restored_table(world: World, tmp_path: Path) -> None:
    table = world.names.table()
    service = world.service(table)
    async with AsyncExitStack() as opened:
        api = await opened.enter_async_context(an_api_in_this_loop(tmp_path, service, checked=False))
        workers = Workers(service)
        shops = [Lives(api, workers, tenant=f"shop_{number}") for number in range(-(-ERASED // 3) + 1)]
        for lives in shops:
            await lives.live()
        *erased, kept = shops
        await world.replicate()
        backup = await world.items(table)
        for lives in erased:
            await lives.erase()
        await workers.settle()
        await workers.let_time_pass()
    orders = [order_id for lives in erased for order_id in lives.order_ids]
    assert [place for place in await world.marked(table) if any(each in place for each in orders)] == []

    await world.restore(backup)
    for order_id in orders[:20]:
        await world.dead_letter(order_id)
    came_back = [place for place in await world.marked(RESTORED) if any(each in place for each in orders)]
    for part in (" ORDER", " EVENT#", "#order_confirmation#"):
        assert any(part in place for place in came_back), f"a mark in {part}"

    await reapplied(world, Reapplied(entries=len(orders), erased=len(orders)))
    left = await world.marked(RESTORED)
    assert [place for place in left if not any(each in place for each in kept.order_ids)] == []
    assert await world.letter_count() == 0
    # What was not erased is as it was.
    others = [item for item in backup if kept.tenant in item["PK"]["S"]]
    now = await world.items(RESTORED)
    assert [item for item in now if kept.tenant in item["PK"]["S"]] == sorted_as(now, others)
    # And of each order that was, there is one event more.
    assert len(now) == len(backup) + len(orders)

    await reapplied(world, Reapplied(entries=len(orders), erased_before=len(orders)))
    assert await world.items(RESTORED) == now


def sorted_as(all_items: list[dict[str, Any]], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items in the order in which a table lists them."""
    place = {(item["PK"]["S"], item["SK"]["S"]): number for number, item in enumerate(all_items)}
    return sorted(items, key=lambda item: place[item["PK"]["S"], item["SK"]["S"]])


async def reapplied(world: World, expected: Reapplied) -> None:
    """Replay the ledger as the command does, on the table that ORDERS_TABLE names."""
    async with open_erasures(world.settings.model_copy(update={"orders_table": RESTORED})) as reapply:
        assert (await reapply.plan()).failed == []
        assert await reapply.execute() == expected
