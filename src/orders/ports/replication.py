"""How far a region's table has been copied to the other: markers, and orders of late. A heuristic, not a proof."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class Replication(Protocol):
    """Looks at both regions' tables of orders.

    Every method raises ``TransientPortError`` when the region's table is unreachable or throttles.
    """

    async def mark(self, region: str, token: str) -> None:
        """Writes a marker into each shard of the region's table, replacing the one before."""
        ...

    async def marks(self, region: str, *, of: str) -> Sequence[str | None]:
        """Returns the tokens in the region's table of the markers that ``of`` has written, one for each shard."""
        ...

    async def recent(self, region: str, since: datetime) -> Mapping[str, int]:
        """Returns the sequence of each order placed since then, by tenant and order; eventually consistent."""
        ...
