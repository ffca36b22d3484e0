"""How long the outbox keeps its oldest entry waiting shows, whatever keeps it."""

import asyncio
from datetime import timedelta

import pytest

from orders.application.events.watch_outbox import WatchOutbox
from orders.domain.lifecycle import Action, Role
from orders.ports.errors import ItemKind, TransientPortError
from orders.ports.metric_catalogue import OLDEST_UNPUBLISHED_EVENT_SECONDS
from tests.support.builders import a_draft
from tests.support.service import Service, a_caller

MINUTE = timedelta(minutes=1)


async def shown(service: Service, watch: WatchOutbox | None = None) -> float | None:
    """The gauge after a look, in whole seconds: each look at the clock takes a millisecond."""
    await (watch or service.use_cases.watch_outbox()).execute()
    value = service.counters.now(OLDEST_UNPUBLISHED_EVENT_SECONDS)
    return value if value is None else round(value)


async def test_nothing_waits_when_everything_is_published() -> None:
    service = Service()
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    service.clock.advance(MINUTE)
    assert await shown(service) == 0


async def test_the_oldest_of_all_shards_counts_until_it_is_published() -> None:
    service = Service()
    service.publisher.refuse = lambda _: "throttled"
    for _ in range(9):
        await service.place_order.execute(a_caller(), a_draft())
        service.clock.advance(MINUTE)
    await service.fast_path.drain()
    assert await shown(service) == 9 * 60
    service.publisher.refuse = lambda _: None
    for shard in range(service.outbox.shards):
        await service.relay().sweep(shard)
    assert await shown(service) == 0


async def test_an_order_that_the_relay_holds_back_counts_on() -> None:
    service = Service()
    service.publisher.refuse = lambda _: "throttled"
    order = await service.place_order.execute(a_caller(), a_draft())
    await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    await service.fast_path.drain()
    service.publisher.refuse = lambda _: None
    service.table.damage(ItemKind.EVENT, "tenant_a", order.order_id, 1)
    relay = service.relay()
    for _ in range(2):
        for shard in range(service.outbox.shards):
            await relay.sweep(shard)
        service.clock.advance(MINUTE)
    assert await shown(service) == 2 * 60


async def test_an_accepted_order_whose_command_is_not_queued_counts() -> None:
    service = Service()
    service.commands.reachable = False
    await service.accept_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    service.clock.advance(MINUTE)
    assert await shown(service) == 60


async def test_an_entry_that_cannot_be_read_hides_none_behind_it() -> None:
    service = Service()
    service.publisher.refuse = lambda _: "throttled"
    service.outbox._shards = 1  # type: ignore[attr-defined] # both orders in one row
    first = await service.place_order.execute(a_caller(), a_draft())
    service.clock.advance(MINUTE)
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    service.clock.advance(MINUTE)
    service.table.damage(ItemKind.OUTBOX, "tenant_a", first.order_id)
    assert await shown(service) == 60


async def test_while_the_table_cannot_be_read_the_age_grows_from_the_last_look() -> None:
    service = Service()
    watch = service.use_cases.watch_outbox()
    assert await shown(service, watch) == 0
    service.table.reachable = False
    for minutes in (1, 2):
        service.clock.advance(MINUTE)
        with pytest.raises(TransientPortError):
            await watch.execute()
        assert round(service.counters.now(OLDEST_UNPUBLISHED_EVENT_SECONDS) or 0) == minutes * 60
    service.table.reachable = True
    assert await shown(service, watch) == 0


async def test_an_entry_that_was_seen_counts_on_while_the_table_cannot_be_read() -> None:
    service = Service()
    service.publisher.refuse = lambda _: "throttled"
    await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    service.clock.advance(MINUTE)
    watch = service.use_cases.watch_outbox()
    assert await shown(service, watch) == 60
    service.table.reachable = False
    service.clock.advance(MINUTE)
    with pytest.raises(TransientPortError):
        await watch.execute()
    assert round(service.counters.now(OLDEST_UNPUBLISHED_EVENT_SECONDS) or 0) == 2 * 60


async def test_a_look_that_is_broken_off_counts_as_one_that_saw_nothing() -> None:
    service = Service()
    watch = service.use_cases.watch_outbox()
    await watch.execute()
    service.clock.advance(MINUTE)

    async def hang(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    service.outbox.overdue = hang  # type: ignore[method-assign,assignment]
    look = asyncio.create_task(watch.execute())
    await asyncio.sleep(0)
    look.cancel()
    await asyncio.wait({look})
    assert round(service.counters.now(OLDEST_UNPUBLISHED_EVENT_SECONDS) or 0) == 60
