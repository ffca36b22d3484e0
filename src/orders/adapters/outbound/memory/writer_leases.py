"""Leases that need no control table. Contract: ports/lease.py."""

import math
from datetime import timedelta

from orders.ports.errors import NotTheWriter

FIRST_EPOCH = 1


class AlwaysWriter:
    """``WriterLease`` of a service in one region, which always writes."""

    def check(self) -> int:
        """See ``WriterLease.check``."""
        return FIRST_EPOCH

    def remaining(self) -> float:
        """See ``WriterLease.remaining``."""
        return math.inf


class SetLease:
    """``WriterLease`` that is held as it is told.

    Attributes:
        epoch: the epoch to write under; ``None`` while it is not held.
        seconds: what remains of it while it is held.
    """

    def __init__(self, epoch: int | None = FIRST_EPOCH, *, seconds: float = math.inf) -> None:
        self.epoch = epoch
        self.seconds = seconds

    def check(self) -> int:
        """See ``WriterLease.check``."""
        if self.epoch is None:
            raise NotTheWriter("another region writes", retry_after=timedelta(seconds=30))
        return self.epoch

    def remaining(self) -> float:
        """See ``WriterLease.remaining``."""
        return 0.0 if self.epoch is None else self.seconds
