"""Wraps the application in the middleware that does not depend on the route."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from litestar.types import ASGIApp

from orders.adapters.inbound.http.middleware.compression import Compression
from orders.adapters.inbound.http.middleware.cors import Cors
from orders.adapters.inbound.http.middleware.deadline import Deadline
from orders.adapters.inbound.http.middleware.rate_limit import Rate
from orders.adapters.inbound.http.middleware.request_id import ResponseHeaders
from orders.adapters.inbound.http.middleware.request_line import RequestLine


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """The rules that differ between environments.

    Attributes:
        rate: this task's share of a caller's rate limit.
        forwarded_hops: the number of our own proxies in front.
        cors_origins: origins whose pages may read responses, such as ``https://shop.example``.
    """

    rate: Rate
    request_timeout: timedelta = timedelta(seconds=30)
    forwarded_hops: int = 0
    cors_origins: frozenset[str] = frozenset()
    monotonic: Callable[[], float] = time.monotonic


LOCAL = EdgeRules(rate=Rate(per_second=10_000, burst=20_000))


def surrounded(app: ASGIApp, rules: EdgeRules) -> ASGIApp:
    """Wraps the application, outermost last: every response, also a refusal, passes the outer middleware."""
    app = Deadline(app, rules.request_timeout)
    app = Compression(app)
    app = RequestLine(app)
    app = Cors(app, rules.cors_origins)
    return ResponseHeaders(app)
