"""Use case of operators: publish events again, from the log ([PIPE-13])."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orders.application.events.read_on import read_on
from orders.domain.events import EventType, OrderEvent
from orders.ports.errors import TransientPortError, UnreadableItem
from orders.ports.event_archive import ArchivedEvent, EventArchive
from orders.ports.event_publisher import EventPublisher
from orders.ports.outbox import EventLog

CLOCK_SKEW = timedelta(seconds=5)
"""By how much clocks of two writers may differ: so much the times of one order's events can be out of its order."""

BATCH = 10
"""So many events go out in one call, as many as the bus takes."""

NO_PLACE = ""
_PAGE = 500
_LOG_PAGE = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events to publish again.

    Attributes:
        order_id: this order's; without it all of the tenant's between ``since`` and ``until``, which then are needed.
        types: of these kinds; empty means any.
        since, until: of the events' own times; the first inclusive, the second exclusive.
    """

    tenant_id: str
    order_id: str | None = None
    types: frozenset[EventType] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, event: OrderEvent) -> bool:
        """Whether the event is one of them."""
        return (
            (not self.types or event.type in self.types)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


@dataclass(slots=True)
class Progress:
    """How far a replay is.

    Attributes:
        published: how many events have gone out.
        unreadable: how many could not be read and were passed over.
        place: given to ``ReplayEvents.execute`` it goes on from here; what it stands behind has gone out.
        finished: nothing is left.
    """

    published: int = 0
    place: str | None = None
    finished: bool = False
    unreadable: int = 0


Watch = Callable[[Progress], None]
Pause = Callable[[float], Awaitable[object]]


class ReplayEvents:
    """Publishes events again, each order's in its sequence, through a publisher that marks them as replayed.

    What can't be read is passed over, logged and counted: nothing that is behind it is told anew by waiting for it.
    """

    def __init__(
        self, log: EventLog, archive: EventArchive, publisher: EventPublisher, *, pause: Pause = asyncio.sleep
    ) -> None:
        """``passed_over`` has, by place, what the selection that was read last held and could not be read."""
        self._log = log
        self._archive = archive
        self._publisher = publisher
        self._pause = pause
        self.passed_over: dict[str, UnreadableItem] = {}

    def selected(self, selection: Selection, after: str | None = None) -> AsyncIterator[ArchivedEvent]:
        """The events of the selection in the order in which they are published. Raises: TransientPortError."""
        self.passed_over.clear()
        source = self._of_tenant(selection, after) if selection.order_id is None else self._of_order(selection, after)
        return _those(source, selection)

    async def execute(
        self, selection: Selection, watch: Watch, *, after: str | None = None, per_second: float | None = None
    ) -> Progress:
        """Publish the selection's events, at most so many a second.

        Args:
            watch: told after each batch, so that the place can be kept; what is broken off goes on from there, and
                may publish what is behind it a second time, which consumers can bear.

        Raises: TransientPortError: the table is out of reach, or the bus does not take an event.
        """
        progress = Progress(place=after)
        batch: list[ArchivedEvent] = []
        async for each in self.selected(selection, after):
            batch.append(each)
            if len(batch) == BATCH:
                await self._publish(batch, progress)
                watch(progress)
                if per_second is not None:
                    await self._pause(len(batch) / per_second)
                batch = []
        if batch:
            await self._publish(batch, progress)
        progress.finished = True
        progress.unreadable = len(self.passed_over)
        watch(progress)
        return progress

    async def _publish(self, batch: Sequence[ArchivedEvent], progress: Progress) -> None:
        failures = await self._publisher.publish([each.event for each in batch])
        failed = next((failure for failure in failures if failure is not None), None)
        if failed is not None:
            # Going on would overtake it; what of this batch went out goes out again next time.
            raise TransientPortError("event bus", f"an event was not taken: {failed}")
        progress.published += len(batch)
        progress.place = next((each.place for each in reversed(batch) if each.place), progress.place)

    async def _of_order(self, selection: Selection, after: str | None) -> AsyncIterator[ArchivedEvent]:
        assert selection.order_id is not None
        sequence = int(after) if after else 0
        while page := await read_on(
            self._log, selection.tenant_id, selection.order_id, after=sequence, limit=_LOG_PAGE
        ):
            for error in page.lost:
                self._pass_over(error)
            for event in page.events:
                yield ArchivedEvent(f"{event.sequence:010d}", event)
            sequence = page.reached

    def _pass_over(self, error: UnreadableItem) -> None:
        place = f"{error.place}|{error.sequence}"
        if place not in self.passed_over:
            self.passed_over[place] = error
            _log.error("passed over: %s", error)

    async def _of_tenant(self, selection: Selection, after: str | None) -> AsyncIterator[ArchivedEvent]:
        if selection.since is None or selection.until is None:
            raise ValueError("events of a tenant are selected by time: since and until")
        held: list[ArchivedEvent] = []
        place = after
        while True:
            page = await self._archive.read(
                selection.tenant_id,
                since=selection.since,
                until=selection.until,
                after=place,
                limit=_PAGE,
                passed_over=self._pass_over,
            )
            held += page
            if not page:
                for each in _in_sequence(held, len(held)):
                    yield each
                return
            place = page[-1].place
            # What belongs before one of these may come so much later by its time.
            safe = page[-1].event.at - CLOCK_SKEW
            ready = sum(each.event.at <= safe for each in held)
            for each in _in_sequence(held, ready):
                yield each


def _in_sequence(held: list[ArchivedEvent], ready: int) -> list[ArchivedEvent]:
    """Take the first so many out, before each whatever of its order's belongs before it.

    Where that changes the order of time, places are given only to the last: they stand for all before them.
    """
    due, rest = held[:ready], held[ready:]
    last: dict[str, int] = {}
    in_order = True
    for each in due:
        before = last.get(each.event.order_id, 0)
        in_order = in_order and each.event.sequence > before
        last[each.event.order_id] = max(before, each.event.sequence)
    early = [each for each in rest if each.event.sequence < last.get(each.event.order_id, 0)]
    held[:] = [each for each in rest if each.event.sequence >= last.get(each.event.order_id, 0)]
    if in_order and not early:
        return due
    by_order: dict[str, list[ArchivedEvent]] = {}
    for each in sorted([*due, *early], key=lambda each: each.event.sequence, reverse=True):
        by_order.setdefault(each.event.order_id, []).append(each)
    arranged = [by_order[slot.event.order_id].pop() for slot in [*due, *early]]
    return [replace(each, place=NO_PLACE) for each in arranged[:-1]] + [replace(arranged[-1], place=due[-1].place)]


async def _those(source: AsyncIterator[ArchivedEvent], selection: Selection) -> AsyncIterator[ArchivedEvent]:
    async for each in source:
        if selection.holds(each.event):
            yield each
