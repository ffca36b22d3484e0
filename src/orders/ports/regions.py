"""Which of two regions may write: what the control table says, consistently in every region."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ALONE_AT_MOST = timedelta(hours=1)
"""So long a region may be allowed to write without the control table; after that it is confirmed anew."""


@dataclass(frozen=True, slots=True)
class ControlState:
    """The control table's one item.

    Attributes:
        epoch: counts the switches of the writer, from 1.
        writer: the region that is named to write.
        evacuated: the regions that traffic is to leave; one of them does not write, even if it is named.
        by: who decided it last, and ``at`` when.
    """

    epoch: int
    writer: str
    evacuated: frozenset[str]
    by: str
    at: datetime

    @property
    def may_write(self) -> str | None:
        """The one region that may write; ``None`` while the named one is evacuated."""
        return None if self.writer in self.evacuated else self.writer


class ControlTable(Protocol):
    """Reads the control table."""

    async def read(self) -> ControlState | None:
        """Returns what was decided last, never something older; ``None`` if there is no item.

        Raises:
            TransientPortError: the table can't be read from any region.
            UnreadableItem: the item is damaged, or of a later release.
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
