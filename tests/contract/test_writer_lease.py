"""Every lease gives an epoch exactly as long as something of it remains ([DATA-3])."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter, SetLease
from orders.ports.errors import NotTheWriter
from orders.ports.lease import WriterLease
from tests.support.regions import FIRST, A, B, Region


async def region(name: str) -> WriterLease:
    found = Region(name, MemoryControlTable(FIRST))
    await found.look()
    return found.lease


async def always() -> WriterLease:
    return AlwaysWriter()


async def one_that_is_set(epoch: int | None = 1) -> WriterLease:
    return SetLease(epoch)


HELD: dict[str, Callable[[], Awaitable[WriterLease]]] = {
    "of one region": always,
    "set": one_that_is_set,
    "of the region that writes": partial(region, A),
}
NOT_HELD: dict[str, Callable[[], Awaitable[WriterLease]]] = {
    "set": partial(one_that_is_set, None),
    "of the other region": partial(region, B),
}


@pytest.mark.parametrize("made", HELD.values(), ids=HELD)
async def test_a_lease_that_is_held_gives_its_epoch(made: Callable[[], Awaitable[WriterLease]]) -> None:
    lease = await made()
    assert lease.check() == 1
    assert lease.remaining() > 0


@pytest.mark.parametrize("made", NOT_HELD.values(), ids=NOT_HELD)
async def test_a_lease_that_is_not_held_says_when_to_come_again(made: Callable[[], Awaitable[WriterLease]]) -> None:
    lease = await made()
    assert lease.remaining() == 0
    with pytest.raises(NotTheWriter) as refused:
        lease.check()
    assert refused.value.retry_after.total_seconds() > 0
    assert refused.value.dependency == "writer's lease"
