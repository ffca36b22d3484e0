"""What those outside see of a region, who decide where DNS leads."""

from dataclasses import dataclass
from typing import Protocol

HEALTHY_SHARE = 0.18
"""Route 53 takes an endpoint for healthy if more than this share of its checkers report so."""


@dataclass(frozen=True, slots=True)
class CheckersView:
    """Counts how many of the checkers report that a region is healthy."""

    healthy: int
    checkers: int

    @property
    def is_healthy(self) -> bool:
        """Tells whether DNS leads to the region because of it."""
        return self.checkers > 0 and self.healthy / self.checkers > HEALTHY_SHARE


class HealthCheckers(Protocol):
    """Asks the health checkers of DNS for what they see."""

    async def view(self, region: str) -> CheckersView | None:
        """Returns what they see of a region; ``None`` if nothing checks it, or it isn't known what does.

        Raises:
            TransientPortError: they can't be asked.
            PermanentPortError: there is no such check.
        """
        ...
