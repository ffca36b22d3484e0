"""The relay's loop: sweeps while there is something, rests when not, and lives through an outage."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.inbound.relay import RelayLoop
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.outbox import MemoryOutbox
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter, SetLease
from orders.application.events.publish_events import PublishEvents
from orders.application.events.relay_outbox import RelayOutbox
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action, Role
from orders.ports.errors import NotPermitted, PermanentPortError, TransientPortError
from orders.ports.metric_catalogue import EVENT_PUBLICATION_FAILURES
from tests.support.builders import a_draft
from tests.support.service import Service, a_caller

STEADY = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=30), chance=lambda: 1.0)


class Rests:
    """Takes the pauses of a loop: notes how long they were, acts between two of them, ends the loop after the last."""

    def __init__(self, stop: asyncio.Event, *between: object) -> None:
        self.stop = stop
        self.between = list(between)
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if not self.between:
            self.stop.set()
            return
        act = self.between.pop(0)
        if callable(act):
            act()


async def waiting(service: Service) -> None:
    service.publisher.refuse = lambda event: "throttled"
    order = await service.place_order.execute(a_caller(), a_draft())
    await service.change_status.execute(a_caller(Role.STAFF), order, Action.PROCESS)
    await service.fast_path.drain()
    service.publisher.refuse = lambda event: None


async def run(service: Service, *between: object) -> tuple[RelayLoop, Rests]:
    stop = asyncio.Event()
    rests = Rests(stop, *between)
    loop = RelayLoop(
        service.relay(),
        service.outbox.shards,
        service.table.lease,
        interval=timedelta(seconds=1),
        recovery=STEADY,
        pause=rests,
    )
    await loop.run(stop)
    return loop, rests


async def test_what_waits_is_published_before_the_first_rest() -> None:
    service = Service()
    await waiting(service)
    loop, rests = await run(service)
    assert [event.sequence for event in service.publisher.published] == [1, 2]
    assert rests.seconds == [1.0]
    assert loop.healthy


async def test_an_outage_is_waited_out_at_growing_distances_and_then_all_is_published() -> None:
    service = Service()
    await waiting(service)
    service.table.reachable = False

    def back() -> None:
        service.table.reachable = True

    loop, rests = await run(service, None, None, back)
    assert rests.seconds == [2.0, 4.0, 8.0, 1.0]
    assert len(service.publisher.published) == 2
    assert loop.healthy


class FailingRelay(RelayOutbox):
    """A relay whose sweeps fail as told, and then find nothing."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)

    async def sweep(self, shard: int) -> int:
        if shard == 0 and self.failures:
            raise self.failures.pop(0)
        return 0


@pytest.mark.parametrize(
    "failure",
    [
        NotPermitted("orders table", "AccessDeniedException"),
        PermanentPortError("orders table", "no such index"),
        KeyError("a bug"),
        ClientError({"Error": {"Code": "ValidationException"}}, "Query"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_the_loop_ends_for_no_failure_but_rests_longer_and_longer_and_is_not_ready(failure: Exception) -> None:
    stop = asyncio.Event()
    seen: list[bool] = []
    loops: list[RelayLoop] = []

    def look() -> None:
        seen.append(loops[0].healthy)

    rests = Rests(stop, look, look)
    loop = RelayLoop(
        FailingRelay(failure, failure), 2, AlwaysWriter(), interval=timedelta(seconds=1), recovery=STEADY, pause=rests
    )
    loops.append(loop)
    async with asyncio.timeout(5):
        await loop.run(stop)
    assert rests.seconds == [2.0, 4.0, 1.0]
    assert (seen, loop.healthy) == ([False, False], True)


async def test_one_shard_s_failure_is_not_the_others() -> None:
    service = Service()
    await waiting(service)
    published: list[int] = []

    class OneShardFails(RelayOutbox):
        def __init__(self) -> None:
            self.whole = service.relay()

        async def sweep(self, shard: int) -> int:
            if shard == 0:
                raise TransientPortError("orders table", "throttled", throttled=True)
            published.append(sum([await self.whole.sweep(each) for each in range(service.outbox.shards)]))
            return published[-1]

    stop = asyncio.Event()
    rests = Rests(stop)
    await RelayLoop(
        OneShardFails(), 2, AlwaysWriter(), interval=timedelta(seconds=1), recovery=STEADY, pause=rests
    ).run(stop)
    assert published == [2, 0]


async def test_a_loop_that_is_to_stop_begins_nothing() -> None:
    service = Service()
    await waiting(service)
    stop = asyncio.Event()
    stop.set()
    await RelayLoop(service.relay(), service.outbox.shards, service.table.lease, interval=timedelta(seconds=1)).run(
        stop
    )
    assert service.publisher.published == []


async def test_stopping_breaks_off_a_rest() -> None:
    service = Service()
    stop = asyncio.Event()
    loop = RelayLoop(service.relay(), service.outbox.shards, service.table.lease, interval=timedelta(hours=1))
    running = asyncio.create_task(loop.run(stop))
    for _ in range(100):
        await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert loop.healthy


async def test_without_the_lease_the_relay_idles_and_goes_on_when_it_is_back() -> None:
    lease = SetLease()
    service = Service(table=MemoryTable(lease))
    await waiting(service)
    lease.epoch = None

    def back() -> None:
        assert service.publisher.published == []
        assert loop.waits_for == ("writer's lease: another region writes",)
        lease.epoch = 2

    stop = asyncio.Event()
    rests = Rests(stop, None, None, back)
    loop = RelayLoop(
        service.relay(), service.outbox.shards, lease, interval=timedelta(seconds=1), recovery=STEADY, pause=rests
    )
    await loop.run(stop)
    # At the usual distance: nothing has failed.
    assert rests.seconds == [1.0, 1.0, 1.0, 1.0]
    assert loop.healthy
    assert loop.waits_for == ()
    assert [(event.sequence, event.epoch) for event in service.publisher.published] == [(1, 1), (2, 1)]


async def test_a_sweep_that_loses_the_lease_midway_publishes_nothing_and_has_not_failed() -> None:
    lease = SetLease()
    service = Service(table=MemoryTable(lease))
    await waiting(service)
    failed = service.counters.of(EVENT_PUBLICATION_FAILURES)

    class LosesIt(MemoryOutbox):
        async def waiting(self, tenant_id: str, order_id: str) -> Sequence[OrderEvent]:
            lease.epoch = None
            return await super().waiting(tenant_id, order_id)

    outbox = LosesIt(service.table)
    publish = PublishEvents(outbox, service.publisher, service.counters, lease)
    relay = RelayOutbox(outbox, publish, service.queue_accepted, service.clock, service.counters, lag=timedelta(0))
    stop = asyncio.Event()
    rests = Rests(stop)
    loop = RelayLoop(relay, outbox.shards, lease, interval=timedelta(seconds=1), recovery=STEADY, pause=rests)
    await loop.run(stop)
    assert service.publisher.published == []
    assert service.counters.of(EVENT_PUBLICATION_FAILURES) == failed
    assert loop.healthy
    assert rests.seconds == [1.0]
