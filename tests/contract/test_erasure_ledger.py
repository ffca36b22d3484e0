"""The contract of ``ErasureLedger``."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.erasure_ledger import DynamoErasureLedger, entry_to_item
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.memory.erasure_ledger import MemoryErasureLedger
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.erasure_ledger import ErasureLedger, LedgerEntry
from orders.ports.errors import ItemKind, TransientPortError, UnreadableItem
from tests.contract.aws_backends import ALL_BACKENDS, MEMORY, endpoint_of
from tests.contract.order_stores import EmulatorTable, created_table
from tests.support.builders import NOON, an_order_id


@dataclass
class Ledger:
    """A ledger, and what damages an entry of it."""

    kept: ErasureLedger
    client: Any = None
    table_name: str = ""

    async def damage(self, entry: LedgerEntry) -> None:
        if isinstance(self.kept, MemoryErasureLedger):
            self.kept.damage(entry.tenant_id, entry.order_id)
            return
        item = to_wire({name: value for name, value in entry_to_item(entry).items() if name != "by"})
        await self.client.put_item(TableName=self.table_name, Item=item)


@pytest.fixture(scope="session", params=ALL_BACKENDS)
def table(request: pytest.FixtureRequest, environment: str) -> Iterator[EmulatorTable | None]:
    if request.param == MEMORY:
        yield None
        return
    with created_table(endpoint_of(request), f"{environment}l", "erasure_ledger") as table:
        yield table


@pytest.fixture
async def ledger(table: EmulatorTable | None) -> AsyncIterator[Ledger]:
    if table is None:
        yield Ledger(MemoryErasureLedger())
        return
    async with table.endpoint.client("dynamodb") as client:
        yield Ledger(DynamoErasureLedger(client, table.name, AlwaysWriter()), client, table.name)


def an_entry(tenant_id: str, number: int = 1) -> LedgerEntry:
    return LedgerEntry(tenant_id, an_order_id(number), NOON, "principal_7")


async def all_of(ledger: ErasureLedger, tenant_id: str | None = None, limit: int = 2) -> list[LedgerEntry]:
    """All entries, by pages."""
    found: list[LedgerEntry] = []
    after = None
    while True:
        page = await ledger.page(tenant_id=tenant_id, after=after, limit=limit)
        assert len(page.entries) <= limit
        found += page.entries
        after = page.resume
        if after is None:
            return found


async def test_an_entry_comes_back_as_it_was_entered(ledger: Ledger, tenant_id: str) -> None:
    await ledger.kept.enter(an_entry(tenant_id))
    assert await all_of(ledger.kept, tenant_id) == [an_entry(tenant_id)]


async def test_entered_twice_the_first_entry_stays(ledger: Ledger, tenant_id: str) -> None:
    await ledger.kept.enter(an_entry(tenant_id))
    await ledger.kept.enter(replace(an_entry(tenant_id), at=NOON + timedelta(days=1), by="somebody_else"))
    assert await all_of(ledger.kept, tenant_id) == [an_entry(tenant_id)]


async def test_pages_hold_each_entry_of_a_shop_once(ledger: Ledger, tenant_id: str) -> None:
    entered = [an_entry(tenant_id, number) for number in range(1, 6)]
    for entry in (*entered, an_entry(f"{tenant_id}_other")):
        await ledger.kept.enter(entry)
    found = await all_of(ledger.kept, tenant_id)
    assert sorted(found, key=lambda each: each.order_id) == entered


async def test_pages_hold_each_entry_of_all_shops_once(ledger: Ledger, tenant_id: str) -> None:
    entered = [an_entry(f"{tenant_id}_{shop}", number) for shop in range(3) for number in range(1, 4)]
    for entry in entered:
        await ledger.kept.enter(entry)
    found = [each for each in await all_of(ledger.kept) if each.tenant_id.startswith(tenant_id)]
    assert sorted(found, key=lambda each: (each.tenant_id, each.order_id)) == entered


async def test_a_shop_without_erasures_has_none(ledger: Ledger, tenant_id: str) -> None:
    assert await all_of(ledger.kept, tenant_id) == []


@pytest.mark.parametrize("whose", ["of all", "of a shop"])
async def test_a_position_of_another_form_is_refused(ledger: Ledger, tenant_id: str, whose: str) -> None:
    with pytest.raises(ValueError, match="'nonsense' is no position in the ledger"):
        await ledger.kept.page(tenant_id=tenant_id if whose == "of a shop" else None, after="nonsense")


async def test_an_unreadable_entry_affects_only_itself(ledger: Ledger, tenant_id: str) -> None:
    for number in (1, 2):
        await ledger.kept.enter(an_entry(tenant_id, number))
    await ledger.damage(an_entry(tenant_id, 1))
    with pytest.raises(UnreadableItem, match=r"^erasure ledger: the erasure at"):
        await ledger.kept.page(tenant_id=tenant_id)
    lost: list[UnreadableItem] = []
    page = await ledger.kept.page(tenant_id=tenant_id, passed_over=lost.append)
    assert page.entries == [an_entry(tenant_id, 2)]
    assert [each.kind for each in lost] == [ItemKind.ERASURE]


async def test_an_outage_in_memory_looks_like_one() -> None:
    ledger = MemoryErasureLedger()
    ledger.reachable = False
    with pytest.raises(TransientPortError, match="erasure ledger"):
        await ledger.enter(an_entry("tenant_a"))
    with pytest.raises(TransientPortError, match="erasure ledger"):
        await ledger.page()
