"""The machine's time, for adapters that are given no clock."""

from datetime import UTC, datetime


class MachineClock:
    """``Clock`` for comparisons with an expiry years away: it may go back when the machine's clock is set."""

    def now(self) -> datetime:
        """See ``Clock.now``."""
        return datetime.now(UTC)
