"""Copies of lists that others keep and change: each says where it comes from and how old it is."""

from dataclasses import dataclass
from datetime import date, timedelta

GROWS_OLD_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class DatedList:
    """Where a list comes from.

    Attributes:
        module: where it stands.
        holds: what is in it.
        source: who keeps it, and where it can be looked up.
        edition: what its keeper calls the state that was taken.
        as_of: the day on which it was last held against its source.
    """

    name: str
    module: str
    holds: str
    source: str
    edition: str
    as_of: date

    def is_old(self, today: date) -> bool:
        """Whether somebody should hold it against its source again."""
        return today - self.as_of > GROWS_OLD_AFTER
