"""The relay's loop: sweeps while there is something, rests when not, and lives through an outage."""

import asyncio
from datetime import timedelta

from orders.adapters.inbound.relay import RelayLoop
from orders.domain.lifecycle import Action, Role
from tests.builders import a_draft
from tests.service import Service, a_caller


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
    loop = RelayLoop(service.relay(), service.outbox.shards, interval=timedelta(seconds=1), pause=rests)
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


async def test_a_loop_that_is_to_stop_begins_nothing() -> None:
    service = Service()
    await waiting(service)
    stop = asyncio.Event()
    stop.set()
    await RelayLoop(service.relay(), service.outbox.shards, interval=timedelta(seconds=1)).run(stop)
    assert service.publisher.published == []


async def test_stopping_breaks_off_a_rest() -> None:
    service = Service()
    stop = asyncio.Event()
    loop = RelayLoop(service.relay(), service.outbox.shards, interval=timedelta(hours=1))
    running = asyncio.create_task(loop.run(stop))
    for _ in range(100):
        await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert loop.healthy
