"""Changes of regions and findings about them, in memory. Contracts: ports/region_changes.py."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from orders.ports.errors import TransientPortError
from orders.ports.region_changes import Fate, Finding, StoredChange


class MemoryRegionStream:
    """``RegionStream`` over a list; set ``reachable`` to false for an outage."""

    def __init__(self, region: str) -> None:
        self.reachable = True
        self.stored: list[StoredChange] = []
        self._region = region

    @property
    def region(self) -> str:
        """See ``RegionStream.region``."""
        return self._region

    async def changes(self) -> AsyncIterator[StoredChange]:
        """See ``RegionStream.changes``."""
        if not self.reachable:
            raise TransientPortError("orders table's stream", f"{self._region} is out of reach")
        for change in tuple(self.stored):
            yield change


class MemoryKeptChanges:
    """``KeptChanges`` that keeps everything but what is in ``lost``."""

    def __init__(self) -> None:
        self.lost: dict[StoredChange, Fate] = {}

    async def fate(self, change: StoredChange) -> Fate:
        """See ``KeptChanges.fate``."""
        return self.lost.get(change, Fate.KEPT)


class MemoryFindings:
    """``Findings`` in a dictionary."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}

    async def add(self, finding: Finding) -> None:
        """See ``Findings.add``."""
        self._found.setdefault(finding.finding_id, finding)

    async def all(self) -> Sequence[Finding]:
        """See ``Findings.all``."""
        return [self._found[name] for name in sorted(self._found)]

    async def acknowledge(self, finding_id: str, *, by: str, at: datetime) -> bool:
        """See ``Findings.acknowledge``."""
        found = self._found.get(finding_id)
        if found is not None and found.acknowledged_by is None:
            self._found[finding_id] = replace(found, acknowledged_by=by, acknowledged_at=at)
        return found is not None

    async def remove(self, finding_id: str) -> None:
        """See ``Findings.remove``."""
        self._found.pop(finding_id, None)
