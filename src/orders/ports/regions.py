"""Which of two regions may write: what the control table says, consistently in every region."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
