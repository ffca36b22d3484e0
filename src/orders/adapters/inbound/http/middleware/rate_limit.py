"""Limits the requests that a caller may make, with token buckets, and reports them in response headers ([API-8]).

The figures are for the whole API; a task enforces its share of them. Headers are those of
draft-ietf-httpapi-ratelimit-headers: ``RateLimit-Policy: "default";q=20000;w=2`` for a bucket of 20,000 that fills in
2 s, ``RateLimit: "default";r=19999;t=1`` for the tokens left, and the seconds until it is full.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from orders.adapters.inbound.http.middleware.request_id import add_response_headers
from orders.adapters.inbound.http.security.client_address import client_address

MAX_BUCKETS = 50_000
CALLERS, STRANGERS = "default", "unauthenticated"
_TRIMMED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate limit of a bucket: tokens added per second, and the most requests that it holds."""

    per_second: float
    burst: int

    def share(self, tasks: int) -> "Rate":
        """Computes one task's share; approximate by intent, since callers don't spread evenly over tasks."""
        return Rate(self.per_second / tasks, max(1, self.burst // tasks))

    @property
    def seconds_to_fill(self) -> float:
        """Seconds from empty to full."""
        return self.burst / self.per_second


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a bucket after a request.

    Attributes:
        remaining: whole tokens left.
        full_in_seconds: seconds until the bucket is full.
        retry_in_seconds: seconds until a request is let through; 0 if this one was.
    """

    remaining: int
    full_in_seconds: float
    retry_in_seconds: float = 0.0


class TokenBuckets:
    """A token bucket for each key; the same rate for all.

    A full bucket equals none, so it is dropped. The number of buckets is bounded by the requests made in the time that
    an empty one takes to fill, and by ``most``: beyond that the longest unused one is dropped as if it were full.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float], *, most: int = MAX_BUCKETS) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._most = most
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        """Tokens and the time of their count, by key; in the order of their last use."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable) -> Level:
        """Takes a token from the key's bucket, if it holds one."""
        now, rate = self._monotonic(), self._rate
        self._trim(now)
        tokens = self._filled(self._buckets.pop(key, None), now)
        # A millionth of a token makes up for rounding of floating point.
        missing = max(0.0, 1 - 1e-6 - tokens)
        if not missing:
            tokens = max(0.0, tokens - 1)
        self._buckets[key] = (tokens, now)
        full_in = (rate.burst - tokens) / rate.per_second
        return Level(int(tokens + 1e-6), full_in, missing / rate.per_second)

    def _filled(self, bucket: tuple[float, float] | None, now: float) -> float:
        if bucket is None:
            return self._rate.burst
        tokens, then = bucket
        return min(self._rate.burst, tokens + (now - then) * self._rate.per_second)

    def _trim(self, now: float) -> None:
        """Drops the longest unused buckets that are full by now; others only if there are too many."""
        for _ in range(_TRIMMED_AT_ONCE):
            oldest = next(iter(self._buckets), None)
            if oldest is None:
                return
            if self._filled(self._buckets[oldest], now) < self._rate.burst and len(self._buckets) < self._most:
                return
            del self._buckets[oldest]


class RateLimited(Exception):
    """The caller has made more requests than it may."""

    def __init__(self, retry_in_seconds: float) -> None:
        self.retry_after_seconds = max(1, math.ceil(retry_in_seconds))
        super().__init__(
            f"this is more than you may ask of us at once; please try again in {self.retry_after_seconds} s"
        )


class RateLimiter:
    """Counts requests of callers, and of strangers; adds the level of the bucket to each response.

    Callers are told apart by tenant and key. Requests whose caller is not known are counted by address, separately: a
    caller with a valid token is never refused for requests of others at their address.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float], *, forwarded_hops: int = 0) -> None:
        self._rate = rate
        self._callers = TokenBuckets(rate, monotonic)
        self._addresses = TokenBuckets(rate, monotonic)
        self._forwarded_hops = forwarded_hops

    def count_caller(self, scope: Any, tenant_id: str, key: str) -> None:
        """Counts a request of this caller. Raises: RateLimited."""
        self._count(scope, CALLERS, self._callers.take((tenant_id, key)))

    def count_stranger(self, scope: Any) -> None:
        """Counts a request whose caller is not known, by its address. Raises: RateLimited."""
        address = client_address(scope, forwarded_hops=self._forwarded_hops)
        self._count(scope, STRANGERS, self._addresses.take(address))

    def _count(self, scope: Any, policy: str, level: Level) -> None:
        headers = {
            "RateLimit-Policy": f'"{policy}";q={self._rate.burst};w={math.ceil(self._rate.seconds_to_fill)}',
            "RateLimit": f'"{policy}";r={level.remaining};t={math.ceil(level.full_in_seconds)}',
        }
        add_response_headers(scope, headers)
        if level.retry_in_seconds > 0:
            raise RateLimited(level.retry_in_seconds)
