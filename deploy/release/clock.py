"""Time as it is."""

import time
from datetime import UTC, datetime


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Returns the time in UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        """Sleeps."""
        time.sleep(seconds)
