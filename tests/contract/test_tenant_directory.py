"""The contract of ``TenantDirectory``, and what the one on S3 does with its files."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from orders.adapters.outbound.aws.s3.tenant_files import S3TenantFiles
from orders.adapters.outbound.aws.s3.tenants import S3TenantDirectory
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.tenant_directory import MemoryTenantDirectory
from orders.adapters.outbound.memory.tenant_files import MemoryTenantFiles
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.price_rules import PriceRules
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.tenants import TenantDirectory, TenantFile, TenantFiles, TenantProfile
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import REGION, Endpoint
from tests.support.builders import a_tenant

TTL = timedelta(minutes=1)


def default(tenant_id: str) -> TenantProfile:
    return TenantProfile(tenant_id=tenant_id, name="Your shop")


def as_file(profile: TenantProfile) -> dict[str, Any]:
    """Without its price rules, which look otherwise in a file."""
    return {name: value for name, value in asdict(profile).items() if name not in {"tenant_id", "price_rules"}}


class Shelf:
    """A templates bucket: profiles are put there as a shop's staff would put them."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.seconds = 0.0
        self.counters = MemoryMetrics()
        self.directory = S3TenantDirectory(client, bucket, default, TTL, self.counters, monotonic=lambda: self.seconds)

    async def put(self, tenant_id: str, content: object) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        await self.client.put_object(Bucket=self.bucket, Key=f"tenants/{tenant_id}/profile.json", Body=body)

    async def remove(self, tenant_id: str) -> None:
        await self.client.delete_object(Bucket=self.bucket, Key=f"tenants/{tenant_id}/profile.json")


@pytest.fixture(params=AWS_BACKENDS)
async def shelf(request: pytest.FixtureRequest) -> AsyncIterator[Shelf]:
    async with endpoint_of(request).client("s3") as client:
        bucket = f"templates-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Shelf(client, bucket)


@pytest.fixture(params=ALL_BACKENDS)
async def directory(request: pytest.FixtureRequest) -> AsyncIterator[TenantDirectory]:
    """One that knows the builders' tenant."""
    profile = a_tenant()
    if request.param == MEMORY:
        yield MemoryTenantDirectory([profile], default)
        return
    async with endpoint_of(request).client("s3") as client:
        bucket = f"templates-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        own = Shelf(client, bucket)
        await own.put(profile.tenant_id, as_file(profile))
        yield own.directory


async def test_a_shop_s_profile_is_what_it_gave(directory: TenantDirectory) -> None:
    assert await directory.profile("tenant_a") == a_tenant()


async def test_a_shop_that_gave_none_has_the_default(directory: TenantDirectory) -> None:
    assert await directory.profile("tenant_b") == default("tenant_b")


async def test_a_name_is_all_that_a_file_must_give(shelf: Shelf) -> None:
    await shelf.put("tenant_a", {"name": "Corner Shop"})
    assert await shelf.directory.profile("tenant_a") == TenantProfile(tenant_id="tenant_a", name="Corner Shop")


async def test_addresses_of_a_shop_are_those_that_mail_is_delivered_to(shelf: Shelf) -> None:
    addresses = {"staff_addresses": ["lager@bücher.example"], "reply_to": "hallo@bücher.example"}
    await shelf.put("tenant_a", {"name": "Bücher"} | addresses)
    profile = await shelf.directory.profile("tenant_a")
    assert profile.staff_addresses == ("lager@xn--bcher-kva.example",)
    assert profile.reply_to == "hallo@xn--bcher-kva.example"


async def test_what_a_shop_says_of_prices_is_read_exactly(shelf: Shelf) -> None:
    await shelf.put(
        "tenant_a",
        {
            "name": "Corner Shop",
            "prices": "as_ordered",
            "tax_rates": [0, 0.15, "0.055"],
            "shipping_amounts": {"ZAR": ["0.00", 75.5], "JPY": [500]},
            "free_products": ["sticker"],
        },
    )
    zar, jpy = Currency.of("ZAR"), Currency.of("JPY")
    assert (await shelf.directory.profile("tenant_a")).price_rules == PriceRules(
        as_ordered=True,
        tax_rates=frozenset(map(Decimal, ("0", "0.15", "0.055"))),
        shipping_amounts=frozenset({Money(0, zar), Money(7550, zar), Money(500, jpy)}),
        free_products=frozenset({"sticker"}),
    )


async def test_a_change_is_seen_when_the_cache_is_old_and_not_before(shelf: Shelf) -> None:
    await shelf.put("tenant_a", {"name": "Old"})
    assert (await shelf.directory.profile("tenant_a")).name == "Old"
    await shelf.put("tenant_a", {"name": "New"})
    shelf.seconds += 59
    assert (await shelf.directory.profile("tenant_a")).name == "Old"
    shelf.seconds += 1
    assert (await shelf.directory.profile("tenant_a")).name == "New"
    await shelf.remove("tenant_a")
    shelf.seconds += 60
    assert (await shelf.directory.profile("tenant_a")).name == "Your shop"


async def test_a_file_unchanged_is_not_read_again(shelf: Shelf) -> None:
    await shelf.put("tenant_a", {"name": "Corner Shop"})
    first = await shelf.directory.profile("tenant_a")
    shelf.seconds += 120
    assert await shelf.directory.profile("tenant_a") is first


BROKEN: dict[str, tuple[object, str]] = {
    "not JSON": (b"{", "Invalid JSON"),
    "no name": ({"currency": "ZAR"}, "name: Field required"),
    "unknown field": ({"name": "Shop", "colour": "teal"}, "colour: Extra inputs are not permitted"),
    "currency": ({"name": "Shop", "currency": "XXX"}, "currency: "),
    "locale": ({"name": "Shop", "locale": "../en"}, "locale: "),
    "line break": ({"name": "Shop\r\nBcc: x"}, "name: "),
    "address": ({"name": "Shop", "reply_to": "a@b\r\nBcc: c@d"}, "reply_to: "),
    "name of an address": ({"name": "Shop", "reply_to": "ü@b.example"}, "before the @ is ASCII"),
    "domain": ({"name": "Shop", "staff_addresses": ["a@b..example"]}, "staff_addresses.0: "),
    "staff": ({"name": "Shop", "staff_addresses": ["everybody"]}, "staff_addresses.0: "),
    "website": ({"name": "Shop", "website": "javascript:alert(1)"}, "website: "),
    "accent": ({"name": "Shop", "accent": "red"}, "accent: "),
    "logo": ({"name": "Shop", "logo": "https://elsewhere.example/logo.png"}, "logo: "),
    "prices": ({"name": "Shop", "prices": "checked"}, "prices: "),
    "percent": ({"name": "Shop", "tax_rates": [15]}, "tax_rates.0: Value error, a tax rate is a fraction"),
    "no rate": ({"name": "Shop", "tax_rates": []}, "tax_rates: "),
    "digits": ({"name": "Shop", "shipping_amounts": {"ZAR": [7.555]}}, "7.555 has more decimal places than ZAR"),
    "amount below 0": ({"name": "Shop", "shipping_amounts": {"ZAR": [-1]}}, "an amount is not negative"),
    "amounts of nothing": ({"name": "Shop", "shipping_amounts": {"ZZZ": [1]}}, "'ZZZ' is no ISO 4217"),
    "no product": ({"name": "Shop", "free_products": ["a b"]}, "free_products.0: "),
    "too large": ({"name": "Shop", "logo": "data:image/png;base64," + "A" * 2**20}, "at most"),
}


@pytest.mark.parametrize(("content", "fault"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_profile_is_told_once_and_the_default_used(shelf: Shelf, content: object, fault: str) -> None:
    await shelf.put("tenant_a", content)
    with capture_logs() as logs:
        for _ in range(3):
            assert await shelf.directory.profile("tenant_a") == default("tenant_a")
            shelf.seconds += 120
    (log,) = logs
    assert log["log_level"] == "warning"
    assert log["key"] == "tenants/tenant_a/profile.json"
    assert fault in log["error"]


async def test_the_last_good_profile_stays_when_another_takes_its_place_that_cannot_be_read(shelf: Shelf) -> None:
    await shelf.put("tenant_a", {"name": "Corner Shop"})
    known = await shelf.directory.profile("tenant_a")
    await shelf.put("tenant_a", {"name": "Corner Shop", "ofALaterRelease": True})
    for _ in range(3):
        shelf.seconds += 120
        assert await shelf.directory.profile("tenant_a") == known
    assert await shelf.directory.profile("tenant_b") == default("tenant_b")
    assert shelf.counters.of(UNREADABLE_ITEMS, kind="profile", where="profile") == 1


async def test_the_last_good_profile_stays_while_the_bucket_is_out_of_reach(shelf: Shelf) -> None:
    await shelf.put("tenant_a", {"name": "Corner Shop"})
    known = await shelf.directory.profile("tenant_a")
    async with Endpoint("nobody", "http://127.0.0.1:9").client("s3") as nobody:
        reachable, shelf.directory._client = shelf.directory._client, nobody
        shelf.seconds += 60
        with capture_logs() as logs:
            assert await shelf.directory.profile("tenant_a") == known
            assert await shelf.directory.profile("tenant_a") == known
        # Asked once; the second answer did not wait for another time-out.
        assert len(logs) == 1
        with pytest.raises(TransientPortError) as error:
            await shelf.directory.profile("tenant_unknown")
        assert error.value.dependency == "templates bucket"
    shelf.directory._client = reachable
    await shelf.put("tenant_a", {"name": "New"})
    shelf.seconds += 5
    assert (await shelf.directory.profile("tenant_a")).name == "New"


async def test_an_outage_in_memory_looks_like_one() -> None:
    directory = MemoryTenantDirectory()
    directory.reachable = False
    with pytest.raises(TransientPortError):
        await directory.profile("tenant_a")


async def test_the_one_in_memory_names_an_unknown_shop_after_its_id() -> None:
    assert (await MemoryTenantDirectory().profile("tenant_z")).name == "tenant_z"


async def test_no_more_profiles_are_kept_than_there_is_room_for(shelf: Shelf) -> None:
    shelf.directory._room = 2
    for tenant in ("tenant_a", "tenant_b", "tenant_a", "tenant_c"):
        await shelf.directory.profile(tenant)
    assert list(shelf.directory._known) == ["tenant_a", "tenant_c"]


@pytest.fixture(params=ALL_BACKENDS)
async def files(request: pytest.FixtureRequest) -> AsyncIterator[TenantFiles]:
    """Those of the builders' tenant, of one with a broken profile, and of one with a template only."""
    profile, fault = a_tenant(), "name: Field required"
    if request.param == MEMORY:
        given = (
            TenantFile("tenant_a", profile),
            TenantFile("tenant_b", fault=fault),
            TenantFile("tenant_c"),
            TenantFile("no shop"),
        )
        yield MemoryTenantFiles(given)
        return
    async with endpoint_of(request).client("s3") as client:
        bucket = f"templates-{uuid4().hex[:12]}"
        await client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        shelf = Shelf(client, bucket)
        await shelf.put("tenant_b", {})
        await shelf.put("tenant_a", as_file(profile))
        for key in ("tenants/tenant_c/templates/default/order_shipped/subject.txt", "tenants/no shop/x", "tenants/x"):
            await client.put_object(Bucket=bucket, Key=key, Body=b"-")
        yield S3TenantFiles(client, bucket)


async def test_every_shop_that_has_given_anything_is_found(files: TenantFiles) -> None:
    assert list(await files.tenants()) == ["no shop", "tenant_a", "tenant_b", "tenant_c"]


async def test_what_a_shop_has_given_is_told_broken_or_not(files: TenantFiles) -> None:
    assert await files.inspect("tenant_a") == TenantFile("tenant_a", a_tenant())
    assert await files.inspect("tenant_b") == TenantFile("tenant_b", fault="name: Field required")
    for nothing in ("tenant_c", "tenant_d"):
        assert await files.inspect(nothing) == TenantFile(nothing)
