"""The contract of ``KeptDocuments``, and of the one that tests of the local pages use."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from orders.adapters.outbound.local.document_archive import BucketDocuments
from orders.domain.order import Order
from orders.ports.documents import document_key
from orders.ports.errors import TransientPortError
from orders.ports.local_archive import KeptDocuments, NotKept
from tests.contract.aws_backends import ALL_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import REGION, Endpoint
from tests.support.builders import an_order, an_order_id
from tests.support.local_pages import Shelf


@dataclass
class Archive:
    """An archive, and how documents get there."""

    documents: KeptDocuments
    put: Callable[[Order, int, bytes], Awaitable[None]]


@pytest.fixture(params=ALL_BACKENDS)
async def archive(request: pytest.FixtureRequest) -> AsyncIterator[Archive]:
    if request.param == MEMORY:
        shelf = Shelf()

        async def put_there(order: Order, version: int, content: bytes) -> None:
            shelf.put(order, version, content)

        yield Archive(shelf, put_there)
        return
    async with endpoint_of(request).client("s3") as client:
        name = f"documents-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        await client.put_object(Bucket=name, Key="orders/tenant_a/readme.txt", Body=b"no document")

        async def put(order: Order, version: int, content: bytes) -> None:
            key = document_key(
                tenant_id=order.tenant_id, created_at=order.created_at, order_id=order.order_id, version=version
            )
            await client.put_object(Bucket=name, Key=key, Body=content)

        yield Archive(BucketDocuments(client, name), put)


ORDER = an_order()
OTHER = an_order(order_id=an_order_id(2))
ELSEWHERE = an_order(tenant_id="tenant_b")


async def test_the_versions_of_an_order_come_latest_first(archive: Archive) -> None:
    for order, version in ((ORDER, 9), (ORDER, 10), (OTHER, 1), (ELSEWHERE, 1), (ORDER, 1)):
        await archive.put(order, version, b"%PDF" * version)
    found = await archive.documents.of_order(ORDER.tenant_id, ORDER.order_id)
    assert [(each.version, each.size_bytes) for each in found] == [(10, 40), (9, 36), (1, 4)]
    assert all((each.tenant_id, each.order_id) == (ORDER.tenant_id, ORDER.order_id) for each in found)


async def test_a_document_comes_byte_for_byte(archive: Archive) -> None:
    await archive.put(ORDER, 1, b"first")
    await archive.put(ORDER, 2, b"\x00second\xff")
    assert await archive.documents.content(ORDER.tenant_id, ORDER.order_id, 2) == b"\x00second\xff"


async def test_what_is_not_there_is_not_kept(archive: Archive) -> None:
    await archive.put(ORDER, 1, b"first")
    assert await archive.documents.of_order(OTHER.tenant_id, OTHER.order_id) == []
    for tenant_id, order_id, version in (
        (ORDER.tenant_id, ORDER.order_id, 2),
        (OTHER.tenant_id, OTHER.order_id, 1),
        ("tenant_b", ORDER.order_id, 1),
        ("tenant", ORDER.order_id, 1),
    ):
        with pytest.raises(NotKept):
            await archive.documents.content(tenant_id, order_id, version)


async def test_shops_with_documents_are_named_once(archive: Archive) -> None:
    for order in (ORDER, OTHER, ELSEWHERE):
        await archive.put(order, 1, b"%PDF")
    assert sorted(await archive.documents.shops()) == ["tenant_a", "tenant_b"]


async def test_a_bucket_out_of_reach_is_a_passing_failure() -> None:
    # Port 9 is the discard service, which nobody runs.
    async with Endpoint("nobody", "http://127.0.0.1:9").client("s3") as client:
        documents = BucketDocuments(client, "documents")
        with pytest.raises(TransientPortError):
            await documents.of_order("tenant_a", ORDER.order_id)
        with pytest.raises(TransientPortError):
            await documents.content("tenant_a", ORDER.order_id, 1)
        with pytest.raises(TransientPortError):
            await documents.shops()
