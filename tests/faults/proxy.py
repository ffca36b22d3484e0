"""A proxy between the service and an AWS emulator that lets calls fail as they fail in a bad hour on AWS.

What got through to the emulator and had its effect is told to an observer: so tests know what really happened, whatever
the service was told.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NoReturn

import aiohttp
from aiohttp import web
from yarl import URL

from tests.faults.aws_calls import BATCHES, Answer, Call, failed, recognised, split, throttled
from tests.faults.plan import Fault, NoFaults, Plan

MAX_BODY_BYTES = 64 * 1024 * 1024
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "upgrade", "te"})

Observer = Callable[[Call, Answer], None]


def _unobserved(call: Call, answer: Answer) -> None:
    """Ignores the call."""


class FaultProxy:
    """Forwards every call to ``upstream``, or lets it fail as the plan says.

    Attributes:
        plan: may be replaced at any time.
        on_effect: told of every call that had its effect; may be replaced at any time.
        on_answer: told of every call that the emulator has answered, with or without effect.
        reachable: while false, every connection is closed at once.
        counts: faults injected, by service, operation and fault; calls under the fault ``""``.
    """

    def __init__(
        self,
        upstream: str,
        *,
        plan: Plan | None = None,
        on_effect: Observer = _unobserved,
        on_answer: Observer = _unobserved,
        patience_seconds: float = 15.0,
        seed: int = 1,
    ) -> None:
        """``patience_seconds`` is how long a call without an answer is held, and must outlast a client's time-out."""
        self.plan: Plan = plan or NoFaults()
        self.reachable = True
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self._upstream = upstream.rstrip("/")
        self.on_effect = on_effect
        self.on_answer = on_answer
        self._patience_seconds = patience_seconds
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[Answer]] = set()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on loopback, on a free port unless one is given; the address to be used as AWS's."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connector, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)
        ) as session:
            self._session = session
            site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
            await site.start()
            try:
                (address,) = runner.addresses
                yield f"http://127.0.0.1:{address[1]}"
            finally:
                await runner.cleanup()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not self.reachable:
            close_under(request)
        call = recognised(request.method, request.raw_path, request.headers, await request.read())
        self.counts[call.service, call.operation, ""] += 1
        fault = self.plan.fault(call)
        if fault is not None:
            self.counts[call.service, call.operation, str(fault)] += 1
        answer = await self._answered(request, call, fault)
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return web.Response(status=answer.status, headers=headers, body=answer.body)

    async def _answered(self, request: web.Request, call: Call, fault: Fault | None) -> Answer:
        match fault:
            case Fault.ERROR:
                return failed(call)
            case Fault.THROTTLED:
                return throttled(call)
            case Fault.RESET:
                close_under(request)
            case Fault.LATENCY:
                await asyncio.sleep(self._chance.uniform(0.05, 1.0))
            case Fault.PARTIAL:
                return await self._partly(request, call)
        if fault in {Fault.TIMEOUT, Fault.LOST_ANSWER}:
            # On its own: a caller who is tired of waiting takes nothing back of what has gone to AWS.
            forwarded = asyncio.create_task(self._forward(request, call))
            self._under_way.add(forwarded)
            forwarded.add_done_callback(self._under_way.discard)
            await asyncio.shield(forwarded)
            if fault is Fault.TIMEOUT:
                await asyncio.sleep(self._patience_seconds)
            close_under(request)
        return await self._forward(request, call)

    async def _partly(self, request: web.Request, call: Call) -> Answer:
        entries = len(call.content()[BATCHES[call.service, call.operation]])
        held_back = self._chance.sample(range(entries), self._chance.randint(1, entries))
        parts = split(call, tuple(held_back))
        return parts.merged(None if parts.through is None else await self._forward(request, parts.through))

    def _destination(self, request: web.Request, call: Call) -> tuple[str, Mapping[str, str]]:
        """Returns where the call goes, and with which headers."""
        return self._upstream, request.headers

    async def _forward(self, request: web.Request, call: Call) -> Answer:
        assert self._session is not None, "the proxy isn't serving"
        upstream, given = self._destination(request, call)
        headers = {name: value for name, value in given.items() if name.lower() not in _HOP_BY_HOP}
        url = URL(upstream + call.path, encoded=True)
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=call.body, allow_redirects=False
            ) as response:
                answer = Answer(response.status, dict(response.headers), await response.read())
        except aiohttp.ClientError:
            close_under(request)
        self.on_answer(call, answer)
        if answer.succeeded:
            self.on_effect(call, answer)
        return answer


def close_under(request: web.Request) -> NoReturn:
    """Close the connection under the caller."""
    if request.transport is not None:
        request.transport.abort()
    # The server notices that nobody is there any more and writes nothing.
    raise asyncio.CancelledError
