"""The end of what is stored of an order: when its items and documents go ([DATA-5])."""

from datetime import datetime, timedelta
from typing import Protocol

HEADROOM_DAYS = 2
"""How much sooner than an order a bucket begins to remove a document: S3 hides it first, and deletes it a day or two
later; see docs/adr/0051-retention.md."""

DAY_CLASSES = tuple([2**power for power in range(12)] + list(range(2535, 2556)))
"""The ages in days at which buckets' rules remove documents, each by a tag of its own.

An order's end is 2,555 to 2,557 days before its expiry. The highest ones, less the headroom, are for it, as late as
messages are kept at most: 21 days. The others are for what is rendered later: it goes at the highest age that fits,
and is rendered again if somebody asks for it.
"""


def document_days(now: datetime, expires_at: datetime) -> int | None:
    """Returns the age in days at which a document written now has to go; ``None`` if that is too late for any.

    S3 counts whole days and then waits for midnight: so part of a day left counts as one.
    """
    left = -((now - expires_at) // timedelta(days=1)) - HEADROOM_DAYS
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
