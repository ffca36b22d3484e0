"""Use case of operators: replays the events of all shops from the log, shop by shop ([PIPE-13], [OPS-9])."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from orders.application.events.replay_events import BATCH, Pause, Progress, ReplayEvents, Selection, Watch
from orders.application.operations.find_shops import FindShops
from orders.ports.event_archive import ArchivedEvent

BEHIND_SHOP = "/"
"""Stands behind the shop in a position; no shop's id has it."""


class ReplayShops:
    """Replays each shop's events as ``ReplayEvents`` does, in the order of the shops' ids.

    After a takeover every shop has events whose work lay in the queues of the region that is gone.
    """

    def __init__(self, shops: FindShops, replay: ReplayEvents, *, pause: Pause = asyncio.sleep) -> None:
        """``passed_over`` counts, by shop, the unreadable events of the shops read so far."""
        self._shops = shops
        self._replay = replay
        self._pause = pause
        self.passed_over: Counter[str] = Counter()

    async def selected(self, selection: Selection) -> AsyncIterator[ArchivedEvent]:
        """Yields every shop's selected events; the selection's own tenant doesn't count. Raises: TransientPortError."""
        self.passed_over.clear()
        for shop in await self._of(selection):
            async for each in self._replay.selected(replace(selection, tenant_id=shop)):
                yield each
            self.passed_over[shop] = len(self._replay.passed_over)

    async def execute(
        self, selection: Selection, watch: Watch, *, after: str | None = None, per_second: float | None = None
    ) -> Progress:
        """Publishes every shop's selected events, at most ``per_second`` over all of them.

        Args:
            selection: its own tenant doesn't count.
            watch: called after each batch and each shop, with the progress over all shops; an interrupted replay
                continues from its place.

        Raises: TransientPortError: the table or the bucket is unreachable, or the bus rejects an event.
        """
        progress = Progress(place=after)
        begun, _, place = (after or "").partition(BEHIND_SHOP)
        for shop in await self._of(selection):
            if shop < begun:
                continue
            await self._one(
                replace(selection, tenant_id=shop),
                watch,
                progress,
                after=place if shop == begun else "",
                rate=per_second,
            )
        progress.finished = True
        watch(progress)
        return progress

    async def _one(
        self, selection: Selection, watch: Watch, progress: Progress, *, after: str, rate: float | None
    ) -> None:
        before = replace(progress)

        def tell(current: Progress) -> None:
            progress.published = before.published + current.published
            progress.place = f"{selection.tenant_id}{BEHIND_SHOP}{current.place or ''}"
            watch(progress)

        done = await self._replay.execute(selection, tell, after=after or None, per_second=rate)
        progress.unreadable = before.unreadable + done.unreadable
        rest = done.published % BATCH
        if rate is not None and rest:
            # A shop's last batch isn't waited for within its own replay; a thousand small shops are all last batches.
            await self._pause(rest / rate)

    async def _of(self, selection: Selection) -> Sequence[str]:
        if selection.since is None or selection.until is None:
            raise ValueError("events of all shops are selected by time: since and until")
        return await self._shops.execute(selection.since, selection.until)
