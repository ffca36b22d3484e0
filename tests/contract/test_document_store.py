"""The contract of ``DocumentStore``."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.documents import document_folder, document_key
from orders.ports.errors import DocumentMissing, TransientPortError
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import REGION, Endpoint
from tests.support.builders import NOON, an_order_id
from tests.support.service import Bucket

FIVE_MINUTES = timedelta(minutes=5)
KEY = document_key(tenant_id="tenant_a", created_at=NOON, order_id=an_order_id(), version=1)
FOLDER = document_folder(tenant_id="tenant_a", created_at=NOON, order_id=an_order_id())
CURRENT = f"{FOLDER}12.pdf"
NEIGHBOUR = document_key(tenant_id="tenant_a", created_at=NOON, order_id=an_order_id(2), version=1)


async def a_bucket(client: Any) -> str:
    name = f"documents-{uuid4().hex[:12]}"
    await client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture(params=ALL_BACKENDS)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Bucket]:
    if request.param == MEMORY:
        yield MemoryDocumentStore()
        return
    async with endpoint_of(request).client("s3") as client:
        yield S3DocumentStore(client, await a_bucket(client), AlwaysWriter())


@pytest.fixture(params=AWS_BACKENDS)
async def s3(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, str]]:
    """A client of S3 and a bucket."""
    async with endpoint_of(request).client("s3") as client:
        yield client, await a_bucket(client)


async def test_a_document_comes_back_byte_for_byte(store: Bucket) -> None:
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 2_000
    await store.put(KEY, pdf)
    assert await store.get(KEY) == pdf
    assert await store.exists(KEY)


async def test_the_same_key_again_replaces_the_document(store: Bucket) -> None:
    await store.put(KEY, b"first")
    await store.put(KEY, b"second")
    assert await store.get(KEY) == b"second"


async def test_a_document_that_was_never_put_is_missing(store: Bucket) -> None:
    assert not await store.exists(KEY)
    with pytest.raises(DocumentMissing) as missing:
        await store.get(KEY)
    assert missing.value.key == KEY


@pytest.mark.parametrize("valid_for", [timedelta(0), timedelta(seconds=-1), timedelta(minutes=5, seconds=1)])
async def test_a_link_is_valid_for_some_time_and_five_minutes_at_most(store: Bucket, valid_for: timedelta) -> None:
    with pytest.raises(ValueError, match="a link is valid for"):
        await store.link(KEY, valid_for=valid_for, filename="order.pdf")


async def test_a_link_names_the_document(store: Bucket) -> None:
    assert KEY in await store.link(KEY, valid_for=FIVE_MINUTES, filename="BB-1.pdf")


async def test_a_folder_is_purged_but_for_what_is_to_stay(store: Bucket) -> None:
    for key in (KEY, f"{FOLDER}2.pdf", CURRENT, NEIGHBOUR, f"{FOLDER.rstrip('/')}x/1.pdf"):
        await store.put(key, key.encode())
    for _ in range(2):
        await store.purge(FOLDER, keep=CURRENT)
    assert not await store.exists(KEY)
    assert not await store.exists(f"{FOLDER}2.pdf")
    for key in (CURRENT, NEIGHBOUR, f"{FOLDER.rstrip('/')}x/1.pdf"):
        assert await store.get(key) == key.encode()
    # A key can be used again, as by a document of before that comes late.
    await store.put(KEY, b"late")
    await store.purge(FOLDER, keep=f"{FOLDER}99.pdf")
    assert not await store.exists(KEY)
    assert not await store.exists(CURRENT)


async def versions(client: Any, bucket: str) -> list[str]:
    """The keys of all versions in a bucket, delete markers included."""
    found = await client.list_object_versions(Bucket=bucket)
    return sorted(each["Key"] for each in (*found.get("Versions", []), *found.get("DeleteMarkers", [])))


async def test_in_a_bucket_with_versions_every_version_and_marker_is_purged(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    await client.put_object(Bucket=bucket, Key=KEY, Body=b"before there were versions")
    await client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    for key in (KEY, KEY, f"{FOLDER}2.pdf", CURRENT, CURRENT, NEIGHBOUR):
        await store.put(key, b"%PDF")
    await client.delete_object(Bucket=bucket, Key=f"{FOLDER}2.pdf")
    assert len(await versions(client, bucket)) == 8

    await store.purge(FOLDER, keep=CURRENT)

    assert await versions(client, bucket) == sorted([CURRENT, CURRENT, NEIGHBOUR])
    assert await store.exists(CURRENT)


async def test_an_outage_in_memory_looks_like_one() -> None:
    store = MemoryDocumentStore()
    store.reachable = False
    with pytest.raises(TransientPortError):
        await store.purge(FOLDER, keep=CURRENT)
    with pytest.raises(TransientPortError):
        await store.put(KEY, b"pdf")
    with pytest.raises(TransientPortError):
        await store.get(KEY)


async def test_a_bucket_out_of_reach_is_a_passing_failure() -> None:
    # Port 9 is the discard service, which nobody runs.
    async with Endpoint("nobody", "http://127.0.0.1:9").client("s3") as client:
        store = S3DocumentStore(client, "documents", AlwaysWriter())
        with pytest.raises(TransientPortError) as put:
            await store.put(KEY, b"pdf")
        with pytest.raises(TransientPortError):
            await store.get(KEY)
        with pytest.raises(TransientPortError):
            await store.exists(KEY)
        with pytest.raises(TransientPortError):
            await store.purge(FOLDER, keep=CURRENT)
    assert put.value.dependency == "documents bucket"
    assert not put.value.throttled


async def test_anybody_with_the_link_downloads_the_document_under_its_name(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    await store.put(KEY, b"%PDF")
    url = await store.link(KEY, valid_for=FIVE_MINUTES, filename='Bestellung "Ü" BB-1.pdf')
    assert "X-Amz-Expires=300" in url
    async with aiohttp.ClientSession() as browser, browser.get(url) as response:
        assert response.status == 200
        assert await response.read() == b"%PDF"
        assert response.headers["Content-Type"] == "application/pdf"
        disposition = response.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="Bestellung ___ BB-1.pdf"')
    assert disposition.endswith("filename*=UTF-8''Bestellung%20%22%C3%9C%22%20BB-1.pdf")


async def test_links_lead_to_the_public_endpoint_where_one_is_given(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    async with Endpoint("public", "https://files.example").client("s3", signature_version="s3v4") as public:
        store = S3DocumentStore(client, bucket, AlwaysWriter(), public)
        await store.put(KEY, b"%PDF")
        url = await store.link(KEY, valid_for=FIVE_MINUTES, filename="BB-1.pdf")
    assert url.startswith("https://files.example/") or ".files.example/" in url
    assert "X-Amz-Signature=" in url


async def test_an_object_says_what_it_is_to_whoever_opens_the_bucket(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    await S3DocumentStore(client, bucket, AlwaysWriter()).put(KEY, b"%PDF")
    head = await client.head_object(Bucket=bucket, Key=KEY)
    assert head["ContentType"] == "application/pdf"
    assert head["ContentLength"] == 4
    assert head["ContentDisposition"] == f'attachment; filename="{an_order_id()}-1.pdf"'


async def test_a_document_in_an_archive_class_counts_as_gone(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    await client.put_object(Bucket=bucket, Key=KEY, Body=b"%PDF", StorageClass="DEEP_ARCHIVE")
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    assert not await store.exists(KEY)
    with pytest.raises(DocumentMissing):
        await store.get(KEY)


async def test_an_archive_class_with_instant_access_is_as_good_as_any(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    await client.put_object(Bucket=bucket, Key=KEY, Body=b"%PDF", StorageClass="GLACIER_IR")
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    assert await store.exists(KEY)
    assert await store.get(KEY) == b"%PDF"


async def test_documents_are_dated_anew_once_and_stay_what_they_are(store: Bucket) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2557)
    for key in (KEY, CURRENT, NEIGHBOUR):
        await store.put(key, key.encode())
    assert await store.date_anew(FOLDER, until) == 2
    assert await store.date_anew(FOLDER, until) == 0
    assert await store.date_anew(FOLDER, until + timedelta(days=1)) == 2
    for key in (KEY, CURRENT, NEIGHBOUR):
        assert await store.get(key) == key.encode()


async def test_a_document_that_is_put_with_its_expiry_is_dated(store: Bucket) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    await store.put(KEY, b"late", expires_at=until)
    assert await store.date_anew(FOLDER, until) == 0
    assert await store.get(KEY) == b"late"


async def test_a_document_of_an_order_that_goes_in_two_days_is_not_stored(store: Bucket) -> None:
    await store.put(KEY, b"too late", expires_at=datetime.now(UTC) + timedelta(days=2))
    assert not await store.exists(KEY)


async def test_what_was_removed_does_not_come_back_by_being_dated(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    await client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    await store.put(KEY, b"%PDF")
    await client.delete_object(Bucket=bucket, Key=KEY)
    assert await store.date_anew(FOLDER, datetime.now(UTC) + timedelta(days=2557)) == 0
    assert not await store.exists(KEY)


async def test_a_dated_document_has_the_tags_of_the_bucket_s_rules_and_its_headers(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    # As documents' buckets are in the environments.
    await client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2557)
    store = S3DocumentStore(client, bucket, AlwaysWriter())
    await store.put(KEY, b"%PDF")
    before = await client.head_object(Bucket=bucket, Key=KEY)
    await store.date_anew(FOLDER, until)
    found = await client.get_object_tagging(Bucket=bucket, Key=KEY)
    tags = {each["Key"]: each["Value"] for each in found["TagSet"]}
    assert tags == {"retain-days": "2555", "expires": f"{until.timestamp():.0f}"}
    after = await client.head_object(Bucket=bucket, Key=KEY)
    for header in ("ContentType", "ContentDisposition", "ContentLength"):
        assert after[header] == before[header]
