"""Metadata of copied external lists: source and age."""

from dataclasses import dataclass
from datetime import date, timedelta

GROWS_OLD_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class DatedList:
    """A copy of an external list.

    Attributes:
        module: its location in the code.
        holds: its content.
        source: its publisher, and where to look it up.
        edition: the publisher's name of the copied edition.
        as_of: the day on which it was last compared with its source.
    """

    name: str
    module: str
    holds: str
    source: str
    edition: str
    as_of: date

    def is_old(self, today: date) -> bool:
        """Returns whether the copy is due for another comparison with its source."""
        return today - self.as_of > GROWS_OLD_AFTER
