"""Whole lives of orders over a table and a bucket with versions on an emulator, erased: not one mark is left.

In memory the same is shown over HTTP in ``tests/unit/http/test_erasure.py``, with all that callers see of it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.endpoints import REGION
from tests.contract.order_stores import AT_LAST, EmulatorTable, created_table, store_over
from tests.support.canaries import Lives, TellingRenderer, marks_in
from tests.support.http_api import an_api_in_this_loop
from tests.support.service import Service
from tests.support.workers import Workers


@dataclass
class Kept:
    """The content of a table and a bucket, read past all adapters."""

    table: Any
    table_name: str
    bucket: Any
    bucket_name: str

    async def items(self) -> list[dict[str, Any]]:
        """Every item of the table."""
        pages = self.table.get_paginator("scan").paginate(TableName=self.table_name, ConsistentRead=True)
        return [from_wire(item) async for page in pages for item in page["Items"]]

    async def versions(self) -> list[dict[str, Any]]:
        """Every version of every object, delete markers included."""
        pages = self.bucket.get_paginator("list_object_versions").paginate(Bucket=self.bucket_name)
        return [each async for page in pages for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))]

    async def content(self, version: dict[str, Any]) -> bytes:
        """Returns the content of one version."""
        found = await self.bucket.get_object(
            Bucket=self.bucket_name, Key=version["Key"], VersionId=version["VersionId"]
        )
        content: bytes = await found["Body"].read()
        return content

    async def marked(self) -> list[str]:
        """Finds marks; returns the keys of items and objects."""
        items = [f"{item['PK']} {item['SK']}" for item in await self.items() if marks_in(item)]
        objects = [each["Key"] for each in await self.versions() if marks_in(await self.content(each))]
        return items + objects


@dataclass
class World:
    """A service over an emulator, the orders in it, and what it keeps."""

    lives: Lives
    service: Service
    kept: Kept


@pytest.fixture(scope="session", params=AWS_BACKENDS)
def table(request: pytest.FixtureRequest, environment: str) -> Iterator[EmulatorTable]:
    """A table that nobody else's orders are in."""
    with created_table(endpoint_of(request), f"{environment}e") as table:
        yield table


@pytest.fixture
async def world(table: EmulatorTable, tmp_path: Path) -> AsyncIterator[World]:
    """Orders at their end in the table, their documents in a bucket that keeps versions."""
    name = f"documents-{uuid4().hex[:12]}"
    async with table.endpoint.client("dynamodb") as dynamodb, table.endpoint.client("s3") as s3:
        await s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        await s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        service = Service(
            renderer=TellingRenderer(),
            over=store_over(dynamodb, table.name),
            bucket=S3DocumentStore(s3, name, AlwaysWriter()),
        )
        async with an_api_in_this_loop(tmp_path, service) as api:
            lives = Lives(api, Workers(service))
            await lives.live()
            yield World(lives, service, Kept(dynamodb, table.name, s3, name))


async def test_not_one_mark_is_left_in_table_or_bucket(world: World) -> None:
    lives, kept = world.lives, world.kept
    marked = await kept.marked()
    for order_id in lives.order_ids:
        of_order = [key for key in marked if order_id in key]
        for part in (" ORDER", " EVENT#", "#order_confirmation#", "/1.pdf"):
            assert any(part in key for key in of_order), f"a mark in {part}"
    # Each of the three was called off as well, and the documents there were then have been dated by their end.
    assert len([key for key in marked if key.endswith(".pdf")]) == 5 + 3 + 5
    count = len(await kept.items())

    await lives.erase()
    await lives.workers.settle()
    await lives.workers.let_time_pass()

    assert await kept.marked() == []
    assert marks_in(await lives.read()) == []
    replayed = await lives.replayed()
    assert {now.headers["idempotent-replayed"] for _, now in replayed} == {"true"}
    assert [now.status_code for _, now in replayed] == [first.status_code for first, _ in replayed]
    assert marks_in([now.text for _, now in replayed]) == []
    # Nothing has gone but what was personal: each order has two events more.
    assert len(await kept.items()) == count + 2 * len(lives.order_ids)
    versions = await kept.versions()
    assert len(versions) == len(lives.order_ids)
    for version in versions:
        assert b'"total":68.98' in await kept.content(version)
    assert await world.service.outbox.overdue(0, before=AT_LAST, limit=10) == []
