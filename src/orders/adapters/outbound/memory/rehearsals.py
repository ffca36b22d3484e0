"""A rehearsal's checks and its evidence in memory. Contracts: ports/rehearsals.py."""

from collections import defaultdict
from datetime import datetime

from orders.ports.errors import TransientPortError
from orders.ports.rehearsals import Checked, Evidence, Missing


class MemoryEvidenceFile:
    """``EvidenceFile`` in a variable; set ``writable`` to false for a full disk."""

    name = "evidence.json"

    def __init__(self) -> None:
        self.evidence: Evidence | None = None
        self.writable = True

    def read(self) -> Evidence | None:
        """See ``EvidenceFile.read``."""
        return self.evidence

    def keep(self, evidence: Evidence) -> None:
        """See ``EvidenceFile.keep``."""
        if not self.writable:
            raise TransientPortError(self.name, "no space left on device")
        self.evidence = evidence


class MemoryDrillChecks:
    """``DrillChecks`` of an environment that is as it is set.

    Attributes:
        refusing: the regions that take no changes whatever the control table says.
        unreadable: the regions that can't be looked at.
        differing, lost: what the checks find missing in each region.
    """

    measured = "asked in memory"

    def __init__(self) -> None:
        self.refusing: set[str] = set()
        self.unreadable: set[str] = set()
        self.differing: dict[str, tuple[Missing, ...]] = defaultdict(tuple)
        self.lost: dict[str, tuple[Missing, ...]] = defaultdict(tuple)

    async def taking(self, region: str) -> str:
        """See ``DrillChecks.taking``."""
        if region in self.refusing:
            raise TransientPortError(region, "takes no changes")
        return f"{region} takes changes"

    async def taken(self, region: str) -> str:
        """See ``DrillChecks.taken``."""
        return await self.taking(region)

    async def verify(self, region: str, since: datetime) -> Checked:
        """See ``DrillChecks.verify``."""
        self._look(region)
        return Checked((f"compared from {since:%Y-%m-%d} on",), self.differing[region])

    async def reconcile(self, region: str, begun_at: datetime) -> Checked:
        """See ``DrillChecks.reconcile``."""
        self._look(region)
        return Checked((f"reconciled since {begun_at:%H:%M}",), self.lost[region])

    def _look(self, region: str) -> None:
        if region in self.unreadable:
            raise TransientPortError(region, "out of reach")
