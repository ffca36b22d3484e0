"""The rehearsal's replication between two emulated regions: nothing waits, the lag is the test's."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.stack import aws_client
from tests.drill.regions.emulators import running_emulators
from tests.drill.replication.gate import Gate
from tests.drill.replication.simulator import Place, Simulator, replicated

A, B = "af-south-1", "eu-west-1"
TABLE, BUCKET = "orders", "documents"
NAMES = {A: BUCKET, B: BUCKET + "-dr"}
KEY = {"PK": {"S": "p"}, "SK": {"S": "s"}}


class World:
    """Two emulated regions and what replicates between them; a step is taken when the test says so."""

    def __init__(self, places: dict[str, Place]) -> None:
        self.places = places
        self.now = 0.0
        self.simulator: Simulator

    async def put(self, region: str, text: str, **more: Any) -> None:
        async with self.places[region].gate.passing():
            await self.places[region].dynamodb.put_item(TableName=TABLE, Item=KEY | {"text": {"S": text}}, **more)

    async def text(self, region: str) -> str | None:
        item = (await self.places[region].dynamodb.get_item(TableName=TABLE, Key=KEY)).get("Item")
        return None if item is None else item["text"]["S"]

    async def step(self) -> None:
        """A lag's time later: what was on its way arrives, and what was written sets off."""
        self.now += 1
        await self.simulator.tables[TABLE].step()
        await self.simulator.buckets[0].step()

    async def bodies(self, region: str, key: str) -> list[bytes]:
        """Every version of an object, the current one first."""
        s3 = self.places[region].s3
        listed = await s3.list_object_versions(Bucket=NAMES[region], Prefix=key)
        found = sorted(listed.get("Versions", []), key=lambda version: not version["IsLatest"])
        answers = [
            await s3.get_object(Bucket=NAMES[region], Key=key, VersionId=version["VersionId"]) for version in found
        ]
        return [await answer["Body"].read() for answer in answers]

    async def upload(self, region: str, key: str, body: bytes) -> None:
        await self.places[region].s3.put_object(Bucket=NAMES[region], Key=key, Body=body, ContentType="text/plain")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        places = {}
        emulators = await stack.enter_async_context(running_emulators(tmp_path, (A, B)))
        for region, address in emulators.addresses.items():
            dynamodb, streams, s3 = [
                await stack.enter_async_context(aws_client(address, name, region))
                for name in ("dynamodb", "dynamodbstreams", "s3")
            ]
            places[region] = Place(dynamodb, streams, s3, Gate())
            await dynamodb.create_table(
                TableName=TABLE,
                KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
                BillingMode="PAY_PER_REQUEST",
            )
            location = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            await s3.create_bucket(Bucket=NAMES[region], **location)
            enabled = {"Status": "Enabled"}
            await s3.put_bucket_versioning(Bucket=NAMES[region], VersioningConfiguration=enabled)
        found = World(places)
        found.simulator = await replicated(places, [TABLE], [NAMES], lambda: 1.0, lambda: found.now)
        yield found


async def test_items_are_replicated_both_ways_and_never_echoed(world: World) -> None:
    await world.put(A, "first")
    await world.step()
    assert await world.text(B) is None
    await world.step()
    assert await world.text(B) == "first"
    await world.put(B, "second")
    await world.step()
    await world.step()
    assert await world.text(A) == "second"
    await world.places[A].dynamodb.delete_item(TableName=TABLE, Key=KEY)
    await world.step()
    await world.step()
    assert await world.text(B) is None
    await world.step()
    assert world.simulator.under_way == 0
    assert world.simulator.conflicts == []


async def test_a_dead_regions_late_item_loses_to_a_newer_one_and_the_loss_is_told(world: World) -> None:
    await world.put(A, "late")
    await world.simulator.region_died(A)
    for _ in range(3):
        await world.step()
    assert await world.text(B) is None
    await world.put(B, "meanwhile")
    await world.step()
    await world.simulator.region_returned(A)
    for _ in range(3):
        await world.step()
    assert [await world.text(region) for region in (A, B)] == ["meanwhile", "meanwhile"]
    assert [conflict.lost.image["text"] for conflict in world.simulator.conflicts if conflict.lost.image] == [
        {"S": "late"}
    ]
    assert world.simulator.under_way == 0


async def test_what_a_dead_region_alone_had_arrives_late(world: World) -> None:
    await world.put(A, "late")
    await world.step()
    await world.simulator.region_died(A)
    await world.step()
    assert await world.text(B) is None
    await world.simulator.region_returned(A)
    await world.step()
    assert await world.text(B) == "late"


async def test_versions_of_objects_are_replicated_and_a_late_one_goes_beneath(world: World) -> None:
    await world.upload(A, "a.pdf", b"one")
    await world.step()
    await world.step()
    assert await world.bodies(B, "a.pdf") == [b"one"]
    await world.simulator.region_died(A)
    await world.upload(A, "b.pdf", b"late")
    await world.upload(B, "b.pdf", b"newer")
    await world.step()
    assert await world.bodies(B, "b.pdf") == [b"newer"]
    await world.simulator.region_returned(A)
    for _ in range(3):
        await world.step()
    for region in (A, B):
        assert await world.bodies(region, "b.pdf") == [b"newer", b"late"]
    assert world.simulator.under_way == 0


async def test_a_deleted_object_is_gone_in_both_regions_and_its_versions_are_kept(world: World) -> None:
    await world.upload(A, "a.pdf", b"one")
    await world.step()
    await world.places[A].s3.delete_object(Bucket=NAMES[A], Key="a.pdf")
    await world.step()
    await world.step()
    listed = await world.places[B].s3.list_object_versions(Bucket=NAMES[B])
    assert [marker["IsLatest"] for marker in listed["DeleteMarkers"]] == [True]
    assert len(listed["Versions"]) == 1


async def test_what_a_drill_leaves_in_the_emulators_the_next_one_never_sees(tmp_path: Path) -> None:
    async with running_emulators(tmp_path, (A,)) as emulators, AsyncExitStack() as stack:
        address = emulators.addresses[A]
        dynamodb, s3, sqs = [
            await stack.enter_async_context(aws_client(address, name, A)) for name in ("dynamodb", "s3", "sqs")
        ]
        for _ in range(2):
            await dynamodb.create_table(
                TableName=TABLE,
                KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            await dynamodb.put_item(TableName=TABLE, Item={"PK": {"S": "p"}})
            await s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": A})
            await s3.put_object(Bucket=BUCKET, Key="a.pdf", Body=b"one")
            await sqs.create_queue(QueueName="queue")
            await emulators.empty()
            assert (await dynamodb.list_tables())["TableNames"] == []
            assert (await s3.list_buckets())["Buckets"] == []
            assert not (await sqs.list_queues()).get("QueueUrls")
