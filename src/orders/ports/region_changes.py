"""What regions have stored, change by change, and what became of it: for reconciling two regions."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

KEPT_FOR_HOURS = 24
"""So long a stream keeps changes."""


class ChangeKind(StrEnum):
    """Names what was stored."""

    EVENT = "event"
    ORDER = "order"
    ACCEPTANCE = "acceptance"
    MAIL = "mail"


class Fate(StrEnum):
    """Says what became of a change in the table of the region that writes now."""

    KEPT = "kept"
    MISSING = "never arrived"
    OVERWRITTEN = "overwritten"


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change that a region has stored, as its stream has it; without contents.

    Attributes:
        sequence: that of the event, or the order's with this change; 0 of an acceptance.
        epoch: the writer's at that time.
        what: the event's type; of a mail intent its key; else empty.
        at: the event's time as it is stored; empty if it is no event.
    """

    kind: ChangeKind
    tenant_id: str
    order_id: str
    sequence: int
    epoch: int
    what: str = ""
    at: str = ""

    @property
    def change_id(self) -> str:
        """Its name, which is the same whenever it is found."""
        what = f".{self.what}" if self.kind is ChangeKind.MAIL else ""
        return f"{self.kind}:{self.tenant_id}/{self.order_id}.{self.epoch}.{self.sequence}{what}"


class RegionStream(Protocol):
    """Reads what a region's table has stored within the last ``KEPT_FOR_HOURS``, by whomever it was written."""

    @property
    def region(self) -> str:
        """The region."""
        ...

    def changes(self) -> AsyncIterator[StoredChange]:
        """Yields all changes to the end of the stream as it is now, an order's in their order; some more than once.

        Raises:
            TransientPortError: the region can't be reached.
            PermanentPortError: the table has no stream.
        """
        ...


class KeptChanges(Protocol):
    """Looks changes up in the table of the region that writes now."""

    async def fate(self, change: StoredChange) -> Fate:
        """Returns what became of it, read consistently. Raises: TransientPortError."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """A change that was acknowledged and is not there.

    Attributes:
        region: where it was stored.
        found_at: when it was noticed first.
        acknowledged_by: who has dealt with it; ``None`` until somebody has.
    """

    change: StoredChange
    fate: Fate
    region: str
    found_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None

    @property
    def finding_id(self) -> str:
        """Its name, by which it is acknowledged."""
        return self.change.change_id


class Findings(Protocol):
    """Keeps findings in the table of the region that writes now, until they are acknowledged and after that.

    Every method raises ``TransientPortError`` when the table is unreachable or throttles.
    """

    async def add(self, finding: Finding) -> None:
        """Keeps a finding; leaves one of its name as it is."""
        ...

    async def all(self) -> Sequence[Finding]:
        """Returns all findings by name. Raises: UnreadableItem."""
        ...

    async def acknowledge(self, finding_id: str, *, by: str, at: datetime) -> bool:
        """Notes who has dealt with it; returns whether there is such a finding. The first one who does counts."""
        ...

    async def remove(self, finding_id: str) -> None:
        """Removes a finding whose change has arrived after all."""
        ...
