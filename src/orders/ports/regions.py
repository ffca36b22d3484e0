"""Which of two regions may write: what the control table says, consistently in every region."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

ALONE_AT_MOST = timedelta(hours=1)
"""So long a region may be allowed to write without the control table; after that it is confirmed anew."""


class SwitchStep(StrEnum):
    """The steps of a switch, in order; each is stored before it is done."""

    PREPARE = "prepare"
    EVACUATE = "evacuate"
    DRAIN = "drain"
    COMPARE = "compare"
    SWITCH = "switch"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch of the writer, under way or the last one that was done.

    Attributes:
        target: the region that is to write, and ``source`` the one that did before.
        planned: whether the source is alive and left in order.
        failback: whether the source stays in traffic afterwards, as the one to fail over to.
        step: the step that is being done; at ``SwitchStep.DONE`` nothing is left to do.
        epoch: the epoch that the switch leads to, chosen once.
        before: the regions that were evacuated when it began, for giving it up.
        by: who began it or took it up last, and ``at`` when.
    """

    target: str
    source: str
    planned: bool
    failback: bool
    step: SwitchStep
    epoch: int
    before: frozenset[str]
    by: str
    at: datetime

    @property
    def under_way(self) -> bool:
        """Tells whether something of it is left to do."""
        return self.step is not SwitchStep.DONE


@dataclass(frozen=True, slots=True)
class ControlState:
    """The control table's one item.

    Attributes:
        epoch: counts the switches of the writer, from 1.
        writer: the region that is named to write.
        evacuated: the regions that traffic is to leave; one of them does not write, even if it is named.
        by: who decided it last, and ``at`` when.
        revision: counts the item's changes; 0 as long as nobody has changed it.
        switch: the switch under way, or the last one; ``None`` if there was none.
        unclear: there is a switch that this release can't read. Who may write is known all the same.
    """

    epoch: int
    writer: str
    evacuated: frozenset[str]
    by: str
    at: datetime
    revision: int = 0
    switch: Switch | None = None
    unclear: bool = False

    @property
    def under_way(self) -> Switch | None:
        """The switch of which something is left to do."""
        return self.switch if self.switch is not None and self.switch.under_way else None

    @property
    def may_write(self) -> str | None:
        """The one region that may write; ``None`` while the named one is evacuated."""
        return None if self.writer in self.evacuated else self.writer


class ControlChanged(Exception):
    """Somebody else changed the control table's item meanwhile; nothing was written.

    Attributes:
        found: what it is now; ``None`` if it is gone.
    """

    def __init__(self, found: ControlState | None) -> None:
        self.found = found
        super().__init__("the control table's item has changed meanwhile")


class ControlTable(Protocol):
    """Reads the control table, as every task does."""

    async def read(self) -> ControlState | None:
        """Returns what was decided last, never something older; ``None`` if there is no item.

        Raises:
            TransientPortError: the table can't be read from any region.
            UnreadableItem: the item is damaged, or of a later release.
            PermanentPortError: there is no such table.
        """
        ...


class WritableControlTable(ControlTable, Protocol):
    """Reads and changes the control table, as operators alone do."""

    async def replace(self, new: ControlState, *, seen: ControlState | None) -> ControlState:
        """Stores ``new`` provided that the item still has the epoch and revision of ``seen``; creates it if ``None``.

        A write whose outcome nobody knows is found out about by reading: this returns only if ``new`` is stored.

        Returns:
            What is stored: ``new`` with the next revision.

        Raises:
            ControlChanged: it is something else by now; nothing was written.
            TransientPortError: it can't be written, or nobody knows whether it was: read it again.
            UnreadableItem: the outcome was unknown, and the item is damaged.
            PermanentPortError: there is no such table.
        """
        ...


@dataclass(frozen=True, slots=True)
class AloneConfirmation:
    """Two people's word that a region may write while it can't reach the control table.

    Attributes:
        region: the region that may.
        epoch: the last epoch that it knows of; in a later one the confirmation says nothing.
        asked_by: who asked for it.
        confirmed_by: the second person; ``None`` until somebody has confirmed.
        until: when it ends, at most ``ALONE_AT_MOST`` after it was asked for.
    """

    region: str
    epoch: int
    asked_by: str
    confirmed_by: str | None
    until: datetime

    def allows(self, *, region: str, epoch: int, now: datetime) -> bool:
        """Tells whether the region may write by it now."""
        return self.confirmed_by is not None and (self.region, self.epoch) == (region, epoch) and now < self.until


class ConfirmationChanged(Exception):
    """Somebody else wrote the confirmation meanwhile."""


class AloneConfirmations(Protocol):
    """Keeps a region's confirmation where that region reaches it without any other: in its own table of orders."""

    async def read(self, region: str) -> AloneConfirmation | None:
        """Returns the region's confirmation, read consistently; ``None`` if there is none.

        Raises:
            TransientPortError: the table can't be read.
            UnreadableItem: the item is damaged, or of a later release.
        """
        ...

    async def keep(self, confirmation: AloneConfirmation, *, seen: AloneConfirmation | None) -> None:
        """Replaces what the region has, provided that it still is ``seen``.

        Raises:
            ConfirmationChanged: it is something else by now; nothing was written.
            TransientPortError: the table can't be written, or nobody knows whether it was.
        """
        ...
