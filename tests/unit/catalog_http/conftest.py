"""A product service that answers as each test says, and the adapter that asks it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from orders.adapters.outbound.catalog_http.breaker import CircuitBreaker
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress, ServiceFailed, open_session
from orders.adapters.outbound.catalog_http.products import HttpProductCatalogue
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.domain.pricing.currencies import Currency
from orders.ports.products import ProductEnquiry
from tests.contract.catalog_server import serving

Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD = {"items": [{"product_id": "mug", "price": 29.99}]}
ENQUIRY = ProductEnquiry("tenant_a", Currency.of("ZAR"), {"mug": 1})


async def good(_: web.Request) -> web.Response:
    """The mug for 29.99."""
    return web.json_response(GOOD)


@dataclass
class Bench:
    """The service: each call takes the next of ``answers``, ``good`` when there is none left; ``calls`` counts them."""

    answers: list[Answerer] = field(default_factory=list)
    calls: int = 0
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    counters: MemoryMetrics = field(default_factory=MemoryMetrics)
    hung: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        return await (self.answers.pop(0) if self.answers else good)(request)

    async def hang(self, _: web.Request) -> web.Response:
        """No answer until the test is over."""
        self.held += 1
        await self.hung.wait()
        return web.Response()

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @asynccontextmanager
    async def service(self, url: str | None = None, **more: Any) -> AsyncIterator[HttpService]:
        """The client under test; its breaker opens after 3 failures, for 10 s of this bench's time."""
        breaker = CircuitBreaker(failures=(ServiceFailed,), threshold=3, monotonic=lambda: self.now)
        timeout = timedelta(seconds=more.pop("timeout_seconds", 20))
        async with open_session() as session:
            yield HttpService(
                session,
                ServiceAddress("product service", url or self.url, timeout),
                self.counters,
                breaker=breaker,
                pause=self.pause,
                chance=lambda: 0.5,
                **more,
            )

    @asynccontextmanager
    async def catalogue(self, url: str | None = None, **more: Any) -> AsyncIterator[HttpProductCatalogue]:
        """The adapter over ``service``."""
        async with self.service(url, **more) as service:
            yield HttpProductCatalogue(service)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    app = web.Application()
    app.router.add_post("/products/offers", bench.answer)
    async with serving(app) as url:
        bench.url = url
        yield bench
        bench.hung.set()
