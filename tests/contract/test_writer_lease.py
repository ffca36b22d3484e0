"""Every lease gives an epoch exactly as long as something of it remains ([DATA-3])."""

from collections.abc import Callable

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


@pytest.mark.parametrize("made", [AlwaysWriter, SetLease], ids=lambda made: made.__name__)
def test_a_lease_that_is_held(made: Callable[[], WriterLease]) -> None:
    _is_held(made())


async def test_the_lease_of_a_region_that_is_held() -> None:
    _is_held(await region(A))


def test_a_lease_that_is_not_held() -> None:
    _is_not_held(SetLease(None))


async def test_the_lease_of_a_region_that_is_not_held() -> None:
    _is_not_held(await region(B))


def _is_held(lease: WriterLease) -> None:
    assert lease.check() == 1
    assert lease.remaining() > 0


def _is_not_held(lease: WriterLease) -> None:
    assert lease.remaining() == 0
    with pytest.raises(NotTheWriter) as refused:
        lease.check()
    assert refused.value.retry_after.total_seconds() > 0
    assert refused.value.dependency == "writer's lease"
