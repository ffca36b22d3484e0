"""Probe: tells whether traffic is to leave this region ([DATA-3])."""

from orders.application.policy.region_lease import RegionLease
from orders.ports.errors import TransientPortError

NAME = "region"


class RegionProbe:
    """``Probe`` of the region: fails while it is evacuated, and before the control table was read for the first time.

    What was read last counts however old it is: a region that is cut off goes on serving reads, and one that was
    evacuated does not come back by itself. A region that merely does not write is well.
    """

    def __init__(self, lease: RegionLease) -> None:
        self._lease = lease

    @property
    def name(self) -> str:
        """See ``Probe.name``."""
        return NAME

    async def check(self) -> None:
        """See ``Probe.check``."""
        if self._lease.read_at is None:
            raise TransientPortError(NAME, "the control table has not been read yet")
        if self._lease.evacuated:
            raise TransientPortError(NAME, "evacuated: traffic is to go to the other region")
