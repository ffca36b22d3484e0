"""The end of what is stored of an order: when its items and documents go ([DATA-5])."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

DAY_CLASSES = tuple([2**power for power in range(12)] + list(range(2535, 2556)))
"""The ages in days at which buckets' rules remove documents, each by a tag of its own.

The highest ones are for an order's end, as late as messages are kept at most. The others are for what is rendered
later: it goes at the highest age that fits, and is rendered again if somebody asks for it.
"""

_DAY = timedelta(days=1)


def document_days(now: datetime, expires_at: datetime) -> int | None:
    """Returns the age in days at which a document written now has to expire; ``None`` if it is too late for any.

    S3 counts whole days and waits for midnight UTC; it hides what expires first, and deletes it two midnights later at
    the latest. So the last midnight at least a day before is what has to be met: a document at an order's end is there
    for seven years, and a day later it is not.
    """
    hidden = (expires_at - _DAY).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    left = (hidden - now) // _DAY
    return max((days for days in DAY_CLASSES if days <= left), default=None)


class RetainedItems(Protocol):
    """Everything stored of an order beside its documents."""

    async def keep_until(self, tenant_id: str, order_id: str, expires_at: datetime) -> int:
        """Lets the order, its events, its acceptance and its mails go at that time, or later if that is on record.

        Idempotent; an item written concurrently may be missed.

        Returns: how many items were changed.

        Raises: TransientPortError: some may be changed already.
        """
        ...


class RetainRequests(Protocol):
    """Requests that an order that is over is looked through once more."""

    async def request(self, tenant_id: str, order_id: str, *, after: timedelta) -> None:
        """Queues it with a delay of ``after``, at most 15 minutes. Raises: TransientPortError."""
        ...
