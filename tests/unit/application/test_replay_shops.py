"""Replay of every shop's events: which shops, in what order, at what rate, broken off and gone on with."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from orders.adapters.outbound.memory.orders_table import OrderRow
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.events.replay_events import Progress, Selection
from orders.application.events.replay_shops import ReplayShops
from orders.application.operations.find_shops import PLACED_BEFORE, FindShops
from orders.domain.events import OrderEvent
from orders.ports.errors import ItemKind, TransientPortError
from orders.ports.tenants import TenantFile
from tests.support.builders import NOON, an_order, an_order_id
from tests.unit.application.test_replay_events import HOUR, Replay, an_event

LAST_HOUR = Selection("nobody", since=NOON - HOUR, until=NOON)
SHOPS = ("atlantic-books", "demo", "zebra")


def of_shop(shop: str, order: int, sequence: int = 1, seconds: float = 0) -> OrderEvent:
    return replace(an_event(order, sequence, seconds or 10 * order), tenant_id=shop)


@dataclass
class Shops:
    """Replay of three shops: one with a profile, one with orders, one in settings."""

    replay: Replay = field(default_factory=Replay)
    progress: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        files = MemoryTenantFiles([TenantFile("zebra"), TenantFile("no shop's name")])
        ordering = MemoryOrderingTenants(self.replay.table)
        shops = FindShops(files, ordering, named={"atlantic-books"})
        self.order_of("demo", placed=NOON - HOUR - PLACED_BEFORE)
        self.files = files
        self.use_case = ReplayShops(shops, self.replay.use_case, pause=self.replay._pause)
        for place, shop in enumerate(SHOPS):
            for order in range(12):
                self.replay.log(of_shop(shop, 100 * place + order))

    def order_of(self, shop: str, *, placed: datetime) -> None:
        order = an_order(tenant_id=shop, order_id=an_order_id(999), created_at=placed)
        self.replay.table.rows[shop, order.order_id] = OrderRow(order)

    def watch(self, progress: Progress) -> None:
        self.progress.append(replace(progress))

    @property
    def published(self) -> list[tuple[str, str]]:
        return [(event.tenant_id, event.order_id) for event in self.replay.publisher.published]


async def test_every_shop_that_may_have_events_is_gone_through_in_order() -> None:
    shops = Shops()
    done = await shops.use_case.execute(LAST_HOUR, shops.watch)
    assert shops.published == [
        (shop, an_order_id(100 * at + order)) for at, shop in enumerate(SHOPS) for order in range(12)
    ]
    assert (done.published, done.finished) == (36, True)


async def test_an_order_of_long_before_makes_no_shop() -> None:
    shops = Shops()
    shops.order_of("of-old", placed=NOON - HOUR - PLACED_BEFORE - timedelta(days=1))
    shops.replay.log(of_shop("of-old", 999))
    await shops.use_case.execute(LAST_HOUR, shops.watch)
    assert {shop for shop, _ in shops.published} == set(SHOPS)


async def test_the_rate_holds_over_all_shops_however_little_each_has() -> None:
    shops = Shops()
    await shops.use_case.execute(LAST_HOUR, shops.watch, per_second=20)
    # Of each shop's twelve a batch of ten, and the two that are left.
    assert shops.replay.pauses == [0.5, 0.1] * 3


@pytest.mark.parametrize("stop_after", range(1, 6))
async def test_broken_off_it_goes_on_in_that_shop_and_publishes_nothing_of_those_before(stop_after: int) -> None:
    shops = Shops()

    class Interrupted(Exception):
        pass

    def break_off(progress: Progress) -> None:
        shops.watch(progress)
        if len(shops.progress) == stop_after:
            raise Interrupted

    with pytest.raises(Interrupted):
        await shops.use_case.execute(LAST_HOUR, break_off)
    assert 0 < len(shops.published) < 36
    await shops.use_case.execute(LAST_HOUR, shops.watch, after=shops.progress[-1].place)
    assert sorted(set(shops.published)) == sorted(shops.published)
    assert len(shops.published) == 36
    assert shops.progress[-1].finished


async def test_an_outage_of_the_bucket_is_said_before_anything_is_published() -> None:
    shops = Shops()
    shops.files.reachable = False
    with pytest.raises(TransientPortError):
        await shops.use_case.execute(LAST_HOUR, shops.watch)
    assert shops.published == []


async def test_what_cannot_be_read_is_counted_by_shop_and_does_not_stop_the_others() -> None:
    shops = Shops()
    shops.replay.table.damage(ItemKind.EVENT, "demo", an_order_id(103), 1)
    selected = [each.event.tenant_id async for each in shops.use_case.selected(LAST_HOUR)]
    assert (len(selected), shops.use_case.passed_over["demo"]) == (35, 1)
    done = await shops.use_case.execute(LAST_HOUR, shops.watch)
    assert (done.published, done.unreadable) == (35, 1)


async def test_without_times_there_is_no_replay_of_all() -> None:
    shops = Shops()
    with pytest.raises(ValueError, match="since and until"):
        await shops.use_case.execute(Selection("nobody"), shops.watch)
