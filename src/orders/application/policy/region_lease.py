"""The lease of one of two regions: whether it may write, by what was last read of the control table ([DATA-3])."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from orders.ports.errors import NotTheWriter
from orders.ports.regions import ALONE_AT_MOST, AloneConfirmation, ControlState

LEASE = timedelta(seconds=30)
"""So long a good read of the control table holds, from the moment it was asked for."""

HANDOVER = timedelta(seconds=35)
"""So long a new writer waits: the old one's lease, and what a write of its last moment may take to arrive."""

SETTLED = timedelta(hours=1)
"""An epoch decided so long ago is nobody's news, even to a process that has just started.

Clocks on the wall may differ by minutes only: AWS refuses requests of the one that decided, or of this one, else.
"""

_ASK_AGAIN = timedelta(seconds=5)
_ELSEWHERE = timedelta(seconds=30)


class RegionLease:
    """``WriterLease`` of a process in one of two regions; told what is read, it asks nobody itself.

    It is held while the last good read names this region, does not evacuate it and is younger than ``LEASE``. In an
    epoch that is new to the process it begins ``HANDOVER`` after it was read; a process that has just started spares
    itself that if the epoch is ``SETTLED``. While the control table is out of reach, two people's confirmation prolongs
    it, for the epoch in which it was last this region's.

    Nothing about its end depends on the clock on the wall, but for a confirmation's, which by the monotonic clock lasts
    no longer than ``ALONE_AT_MOST`` either.

    Attributes:
        state: what was read last; ``None`` if nothing was, or there was no item.
        read_at: when that was asked for, in seconds of the monotonic clock; ``None`` before the first good read.
    """

    def __init__(self, region: str, *, monotonic: Callable[[], float], now: Callable[[], datetime]) -> None:
        """``monotonic`` is in seconds and goes on while the machine sleeps; ``now`` is the clock on the wall, UTC."""
        self.state: ControlState | None = None
        self.read_at: float | None = None
        self._region = region
        self._monotonic = monotonic
        self._now = now
        self._highest = 0
        # The epoch in which the last good read named this region; None if it named another.
        self._mine: int | None = None
        self._from = math.inf
        self._until = -math.inf
        # Held longer than the last read allows, by a confirmation; which one, and since when it is known.
        self._alone = False
        self._confirmed: tuple[AloneConfirmation, float] | None = None

    def check(self) -> int:
        """See ``WriterLease.check``."""
        if self._from <= self._monotonic() < self._until and self._mine is not None:
            return self._mine
        raise self._refusal()

    def remaining(self) -> float:
        """See ``WriterLease.remaining``."""
        now = self._monotonic()
        return self._until - now if self._from <= now < self._until else 0.0

    @property
    def epoch(self) -> int | None:
        """The epoch in which it is held; ``None`` while it is not."""
        return self._mine if self.remaining() > 0 else None

    @property
    def alone(self) -> bool:
        """True while it is held by a confirmation only."""
        return self._alone and self.remaining() > 0

    @property
    def evacuated(self) -> bool:
        """True if traffic is to leave this region, by the last good read however old, or none was made yet."""
        return self.read_at is None or (self.state is not None and self._region in self.state.evacuated)

    def heard(self, state: ControlState | None, *, asked_at: float) -> None:
        """Takes in a good read of the control table that was asked for at ``asked_at`` of the monotonic clock."""
        answered_at, first = self._monotonic(), self.read_at is None
        self.state, self.read_at = state, asked_at
        self._alone = False
        # An epoch that goes back is nobody's decision: a table that was restored or made anew.
        if state is None or state.may_write != self._region or state.epoch < self._highest:
            self._mine, self._until = None, -math.inf
        else:
            if state.epoch != self._mine:
                known = first and self._now() - state.at >= SETTLED
                # The switch may have been made at the last moment before the answer.
                self._from = answered_at + (0 if known else HANDOVER.total_seconds())
                self._mine = state.epoch
            self._until = asked_at + LEASE.total_seconds()
        if state is not None:
            self._highest = max(self._highest, state.epoch)

    @property
    def cut_off(self) -> bool:
        """True if no good read is younger than ``LEASE``, so that a confirmation counts."""
        return self.read_at is not None and self._monotonic() - self.read_at >= LEASE.total_seconds()

    def confirmed(self, confirmation: AloneConfirmation | None, *, asked_at: float) -> None:
        """Takes in the region's confirmation, read at ``asked_at``; without effect unless ``cut_off``."""
        if not self.cut_off or self._mine is None or confirmation is None:
            return
        now = self._now()
        if not confirmation.allows(region=self._region, epoch=self._mine, now=now):
            return
        if self._confirmed is None or self._confirmed[0] != confirmation:
            self._confirmed = (confirmation, asked_at)
        end = min(
            asked_at + LEASE.total_seconds(),
            asked_at + (confirmation.until - now).total_seconds(),
            self._confirmed[1] + ALONE_AT_MOST.total_seconds(),
        )
        self._until, self._alone = max(self._until, end), True

    def _refusal(self) -> NotTheWriter:
        now = self._monotonic()
        if self.read_at is None:
            return NotTheWriter("the control table has not been read yet", retry_after=_ASK_AGAIN)
        if self._mine is None:
            return NotTheWriter(self._named(), retry_after=_ELSEWHERE)
        if now < self._from and now < self._until:
            wait = timedelta(seconds=self._from - now)
            return NotTheWriter("the region that wrote before may still be writing", retry_after=wait)
        age = now - self.read_at
        return NotTheWriter(f"the control table was last read {age:.0f} s ago", retry_after=_ASK_AGAIN)

    def _named(self) -> str:
        if self.state is None:
            return "the control table names nobody"
        if self.state.epoch < self._highest:
            return f"the control table went back from epoch {self._highest} to {self.state.epoch}"
        writer = self.state.may_write
        return f"{self.state.writer} is evacuated" if writer is None else f"{writer} writes"
