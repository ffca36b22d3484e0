"""The contract of ``Suppressions``, on every backend."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders.ports.mail import recipient_hash
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.contract.order_stores import Store
from tests.support.builders import NOON, an_order_id

HOUR = timedelta(hours=1)
HASH = recipient_hash("Thandi@example.com")


@pytest.fixture
def bounced(tenant_id: str) -> Suppression:
    return Suppression(tenant_id, HASH, SuppressionReason.BOUNCED, NOON, an_order_id(), "Permanent/General")


async def test_an_address_is_suppressed_for_its_shop_only(store: Store, bounced: Suppression) -> None:
    assert await store.suppressions.find(bounced.tenant_id, HASH) is None
    await store.suppressions.add(bounced)
    assert await store.suppressions.find(bounced.tenant_id, recipient_hash("thandi@EXAMPLE.com")) == bounced
    assert await store.suppressions.find(f"{bounced.tenant_id}x", HASH) is None
    assert await store.suppressions.find(bounced.tenant_id, recipient_hash("other@example.com")) is None


async def test_the_first_of_a_kind_stays_and_a_complaint_weighs_more(store: Store, bounced: Suppression) -> None:
    again = replace(bounced, at=NOON + HOUR, detail=None)
    complained = replace(bounced, reason=SuppressionReason.COMPLAINED, at=NOON - HOUR, detail=None)
    for given, expected in ((bounced, bounced), (again, bounced), (complained, complained), (bounced, complained)):
        await store.suppressions.add(given)
        assert await store.suppressions.find(bounced.tenant_id, HASH) == expected


async def test_one_taken_off_stays_off_until_something_new_happens(store: Store, bounced: Suppression) -> None:
    await store.suppressions.add(bounced)
    assert await store.suppressions.remove(bounced.tenant_id, HASH, at=NOON + HOUR)
    assert await store.suppressions.find(bounced.tenant_id, HASH) is None
    # What came before, late or twice, is about what has been seen to.
    for at in (NOON, NOON + HOUR):
        await store.suppressions.add(replace(bounced, at=at))
        await store.suppressions.add(replace(bounced, at=at, reason=SuppressionReason.COMPLAINED))
        assert await store.suppressions.find(bounced.tenant_id, HASH) is None
    new = replace(bounced, at=NOON + 2 * HOUR)
    await store.suppressions.add(new)
    assert await store.suppressions.find(bounced.tenant_id, HASH) == new


async def test_what_is_not_there_can_not_be_taken_off(store: Store, bounced: Suppression) -> None:
    assert not await store.suppressions.remove(bounced.tenant_id, HASH, at=NOON)
    await store.suppressions.add(bounced)
    assert await store.suppressions.remove(bounced.tenant_id, HASH, at=NOON)
    assert not await store.suppressions.remove(bounced.tenant_id, HASH, at=NOON + HOUR)


async def test_suppressions_are_listed_by_hash_and_page(store: Store, bounced: Suppression) -> None:
    hashes = sorted(recipient_hash(f"{number}@example.com") for number in range(7))
    for hashed in hashes:
        await store.suppressions.add(replace(bounced, recipient_hash=hashed))
    await store.suppressions.add(replace(bounced, tenant_id=f"{bounced.tenant_id}x"))
    await store.suppressions.remove(bounced.tenant_id, hashes[2], at=NOON + HOUR)
    left = [*hashes[:2], *hashes[3:]]

    async def listed(after: str | None, limit: int) -> list[str]:
        page = await store.suppressions.of_tenant(bounced.tenant_id, after=after, limit=limit)
        return [each.recipient_hash for each in page]

    assert await listed(None, 100) == left
    assert await listed(None, 2) == left[:2]
    assert await listed(left[1], 2) == left[2:4]
    assert await listed(left[-1], 2) == []
