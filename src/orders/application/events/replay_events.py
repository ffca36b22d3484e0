"""Use case of operators: replays events from the log ([PIPE-13])."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orders.application.events.read_on import read_on
from orders.application.operations.find_order import FindOrder
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
    """The events to replay.

    Attributes:
        order_id, order_number: only the events of the order that one of them names; without either all of the
            tenant's between ``since`` and ``until``, which are then required.
        types: of these types; empty means any.
        since, until: range of the events' own times; inclusive, exclusive.
    """

    tenant_id: str
    order_id: str | None = None
    types: frozenset[EventType] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    order_number: str | None = None

    @property
    def of_one_order(self) -> bool:
        """True if an order is named."""
        return self.order_id is not None or self.order_number is not None

    def holds(self, event: OrderEvent) -> bool:
        """Returns whether the event is selected."""
        return (
            (not self.types or event.type in self.types)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


@dataclass(slots=True)
class Progress:
    """The progress of a replay.

    Attributes:
        published: number of published events.
        unreadable: number of unreadable events skipped.
        place: pass it to ``ReplayEvents.execute`` to continue; everything before it has been published.
        finished: nothing is left.
    """

    published: int = 0
    place: str | None = None
    finished: bool = False
    unreadable: int = 0


Watch = Callable[[Progress], None]
Pause = Callable[[float], Awaitable[object]]


class ReplayEvents:
    """Publishes events again, each order's in sequence, through a publisher that marks them as replayed.

    Unreadable events are skipped, logged and counted: waiting for them would not help those behind.
    """

    def __init__(
        self,
        log: EventLog,
        archive: EventArchive,
        publisher: EventPublisher,
        find_order: FindOrder,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """``passed_over`` holds, by position, the unreadable events of the selection read last."""
        self._log = log
        self._archive = archive
        self._publisher = publisher
        self._find_order = find_order
        self._pause = pause
        self.passed_over: dict[str, UnreadableItem] = {}

    def selected(self, selection: Selection, after: str | None = None) -> AsyncIterator[ArchivedEvent]:
        """Yields the selected events in publishing order.

        Raises: TransientPortError; OrderNotFound, NumberOfSeveral: as ``FindOrder.execute``.
        """
        self.passed_over.clear()
        source = self._of_order(selection, after) if selection.of_one_order else self._of_tenant(selection, after)
        return _those(source, selection)

    async def execute(
        self, selection: Selection, watch: Watch, *, after: str | None = None, per_second: float | None = None
    ) -> Progress:
        """Publishes the selected events, at most ``per_second``.

        Args:
            watch: called after each batch to store the progress; an interrupted replay continues from there and may
                publish
                some events a second time, which consumers deduplicate.

        Raises: TransientPortError: the table is unreachable, or the bus rejects an event.
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
            # Continuing would overtake it; the published part of this batch is published again next time.
            raise TransientPortError("event bus", f"an event was not taken: {failed}")
        progress.published += len(batch)
        progress.place = next((each.place for each in reversed(batch) if each.place), progress.place)

    async def _of_order(self, selection: Selection, after: str | None) -> AsyncIterator[ArchivedEvent]:
        order_id = selection.order_id
        if order_id is None:
            order_id = await self._find_order.execute(selection.tenant_id, selection.order_number or "")
        sequence = int(after) if after else 0
        while page := await read_on(self._log, selection.tenant_id, order_id, after=sequence, limit=_LOG_PAGE):
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
            # An event that belongs before one of these may be dated this much later.
            safe = page[-1].event.at - CLOCK_SKEW
            ready = sum(each.event.at <= safe for each in held)
            for each in _in_sequence(held, ready):
                yield each


def _in_sequence(held: list[ArchivedEvent], ready: int) -> list[ArchivedEvent]:
    """Takes the first ``ready`` events, each preceded by earlier ones of its order.

    Where that changes the order of time, only the last gets a position: it stands for all before it.
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
