"""The contract of ``TemplateStore``, and what the one on S3 does with its bucket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from structlog.testing import capture_logs

from orders.adapters.outbound.aws.s3.templates import (
    MAX_FILE_BYTES,
    MAX_TOTAL_BYTES,
    RETRY_AFTER_SECONDS,
    S3TemplateStore,
)
from orders.adapters.outbound.memory.template_store import MemoryTemplateStore
from orders.ports.templates import ShopTemplate, TemplateStore, locale_folders
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import REGION
from tests.contract.intercepted_client import Call, InterceptedClient

TTL = timedelta(minutes=1)
BODY = "order_confirmation/body.html"
Put = Callable[..., Awaitable[None]]


class Shelf:
    """A templates bucket, in which files are put as a shop's staff would put them.

    Attributes:
        asked: the requests of the store, as operation and key.
        failing: what calls of an operation fail with.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.seconds = 0.0
        self.asked: list[tuple[str, str | None]] = []
        self.failing: dict[str, Exception] = {}
        watched: Any = InterceptedClient(client, self._watch)
        self.store = S3TemplateStore(watched, bucket, TTL, monotonic=lambda: self.seconds)

    async def put(self, tenant_id: str, path: str, body: str | bytes, locale: str = "default") -> None:
        await self.client.put_object(
            Bucket=self.bucket, Key=f"tenants/{tenant_id}/templates/{locale}/{path}", Body=body
        )

    async def files(self, tenant_id: str = "tenant_a") -> dict[str, ShopTemplate]:
        """Returns the store's files, by folder and path, after the cache has expired."""
        self.seconds += TTL.total_seconds()
        self.asked.clear()
        templates = await self.store.of_tenant(tenant_id)
        assert templates.fault is None
        return {f"{file.locale}/{file.path}": file for file in templates.files}

    async def _watch(self, operation: str, call: Call, arguments: dict[str, Any]) -> Any:
        self.asked.append((operation, arguments.get("Key")))
        if operation in self.failing:
            raise self.failing[operation]
        return await call(**arguments)


@pytest.fixture(params=AWS_BACKENDS)
async def shelf(request: pytest.FixtureRequest) -> AsyncIterator[Shelf]:
    async with endpoint_of(request).client("s3") as client:
        bucket = f"templates-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Shelf(client, bucket)


@pytest.fixture(params=ALL_BACKENDS)
async def stocked(request: pytest.FixtureRequest) -> AsyncIterator[TemplateStore]:
    """A store in which a shop has put two files."""
    if request.param == MEMORY:
        memory = MemoryTemplateStore()
        memory.put("tenant_a", BODY, "<p>Good day</p>")
        memory.put("tenant_a", BODY, "<p>Goeie dag, é</p>", locale="af")
        yield memory
        return
    async with endpoint_of(request).client("s3") as client:
        bucket = f"templates-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        own = Shelf(client, bucket)
        await own.put("tenant_a", BODY, "<p>Good day</p>")
        await own.put("tenant_a", BODY, "<p>Goeie dag, é</p>", "af")
        yield own.store


def denied(status: int = 403, code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any")  # type: ignore[typeddict-item]


async def test_a_shop_has_the_files_that_it_put_there_and_no_others(stocked: TemplateStore) -> None:
    templates = await stocked.of_tenant("tenant_a")
    assert templates.fault is None
    found = {(file.locale, file.path): file for file in templates.files}
    assert {key: file.source for key, file in found.items()} == {
        ("default", BODY): "<p>Good day</p>",
        ("af", BODY): "<p>Goeie dag, é</p>",
    }
    assert found["af", BODY].place == f"tenants/tenant_a/templates/af/{BODY}"
    assert len({file.etag for file in found.values()}) == 2
    assert (await stocked.of_tenant("tenant")).files == ()
    assert (await stocked.of_tenant("tenant_ab")).files == ()


@pytest.mark.parametrize(
    ("locale", "folders"),
    [
        ("en-ZA", ("en-za", "en", "default")),
        ("zh_Hant_TW", ("zh-hant-tw", "zh-hant", "zh", "default")),
        ("af", ("af", "default")),
    ],
)
def test_languages_are_looked_for_from_the_closest_to_the_default(locale: str, folders: tuple[str, ...]) -> None:
    assert locale_folders(locale) == folders


async def test_within_the_ttl_the_bucket_is_not_asked_and_after_it_only_what_is_new_is_read(shelf: Shelf) -> None:
    await shelf.put("tenant_a", BODY, "one")
    await shelf.put("tenant_a", "shared/claim.html", "two")
    await shelf.files()
    assert [operation for operation, _ in shelf.asked] == ["list_objects_v2", "get_object", "get_object"]
    for _ in range(20):
        await shelf.store.of_tenant("tenant_a")
    assert len(shelf.asked) == 3

    await shelf.files()
    assert shelf.asked == [("list_objects_v2", None)]

    await shelf.put("tenant_a", BODY, "three")
    found = await shelf.files()
    assert shelf.asked == [("list_objects_v2", None), ("get_object", f"tenants/tenant_a/templates/default/{BODY}")]
    assert found[f"default/{BODY}"].source == "three"

    await shelf.client.delete_object(Bucket=shelf.bucket, Key=f"tenants/tenant_a/templates/default/{BODY}")
    assert set(await shelf.files()) == {"default/shared/claim.html"}


async def test_what_is_too_large_is_never_read(shelf: Shelf) -> None:
    await shelf.put("tenant_a", BODY, b"x" * 10 * 1024 * 1024)
    await shelf.put("tenant_a", "order_confirmation/body.txt", "fine")
    found = await shelf.files()
    assert found[f"default/{BODY}"].fault == f"it has 10485760 bytes; a template has {MAX_FILE_BYTES} at most"
    assert found["default/order_confirmation/body.txt"].source == "fine"
    assert [key for operation, key in shelf.asked if operation == "get_object" and "html" in str(key)] == []


async def test_all_of_a_shops_files_together_are_bounded(shelf: Shelf) -> None:
    for number in range(MAX_TOTAL_BYTES // MAX_FILE_BYTES + 1):
        await shelf.put("tenant_a", f"shared/part_{number}.html", "x" * MAX_FILE_BYTES)
    faults = [file.fault for file in (await shelf.files()).values() if file.fault]
    assert faults == [f"the shop's templates have more than {MAX_TOTAL_BYTES} bytes"]


async def test_what_is_no_text_is_said_to_be_none_and_what_is_no_template_is_left_out(shelf: Shelf) -> None:
    await shelf.put("tenant_a", BODY, b"\xff\xfe")
    await shelf.put("tenant_a", "logo.png", b"\x89PNG")
    await shelf.put("tenant_a", "../../profile.html", "x")
    await shelf.put("tenant_a", BODY, "x", "EN")
    await shelf.put("tenant_a", "order_shipped/body.html", b"\xef\xbb\xbfwith a mark", "en")
    found = await shelf.files()
    assert set(found) == {f"default/{BODY}", "en/order_shipped/body.html"}
    assert found[f"default/{BODY}"].fault == "it is not UTF-8: byte 0"
    assert found["en/order_shipped/body.html"].source == "with a mark"


@pytest.mark.parametrize(
    "failure", [denied(), denied(500, "InternalError"), ConnectionClosedError(endpoint_url="https://s3")], ids=str
)
async def test_a_bucket_that_refuses_is_said_to_and_asked_again_soon(shelf: Shelf, failure: Exception) -> None:
    await shelf.put("tenant_a", BODY, "one")
    shelf.failing["list_objects_v2"] = failure
    with capture_logs() as logs:
        assert (await shelf.store.of_tenant("tenant_a")).fault in {
            "AccessDenied",
            "InternalError",
            "ConnectionClosedError",
        }
        await shelf.store.of_tenant("tenant_a")
    assert len(shelf.asked) == 1
    assert [log["event"] for log in logs] == ["templates of a shop not refreshed"]
    shelf.failing.clear()
    shelf.seconds += RETRY_AFTER_SECONDS
    assert [file.source for file in (await shelf.store.of_tenant("tenant_a")).files] == ["one"]


async def test_what_was_known_holds_while_the_bucket_is_out_of_reach(shelf: Shelf) -> None:
    await shelf.put("tenant_a", BODY, "one")
    await shelf.files()
    shelf.failing["list_objects_v2"] = denied(503, "SlowDown")
    assert (await shelf.files())[f"default/{BODY}"].source == "one"


async def test_one_file_that_cannot_be_read_leaves_the_others_and_is_asked_for_again(shelf: Shelf) -> None:
    await shelf.put("tenant_a", BODY, "one")
    shelf.failing["get_object"] = denied()
    assert (await shelf.files())[f"default/{BODY}"].fault == "it can't be read: AccessDenied"
    shelf.failing.clear()
    assert (await shelf.files())[f"default/{BODY}"].source == "one"

    await shelf.put("tenant_a", BODY, "two")
    shelf.failing["get_object"] = denied(500, "InternalError")
    assert (await shelf.files())[f"default/{BODY}"].source == "one"
    shelf.failing.clear()
    assert (await shelf.files())[f"default/{BODY}"].source == "two"
