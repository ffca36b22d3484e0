"""An HTTP client for other services: timeouts, bounded size and concurrency, one retry, circuit breaker.

A call takes at most ``2 × timeout + LONGEST_PAUSE_SECONDS``, whatever the service does.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import structlog

from orders.adapters.outbound.catalog_http.breaker import BreakerState, CircuitBreaker, CircuitOpen
from orders.adapters.outbound.catalog_http.wire import BrokenAnswer, decode, encode
from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.trace_context import PassOnTracing, passed_on
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import BREAKER_OPEN, SERVICE_CALLS
from orders.ports.metrics import Metrics
from orders.ports.tracing import SpanKind, Tracing

MAX_ANSWER_BYTES = 1024 * 1024
MAX_CALLS_AT_ONCE = 64
LONGEST_PAUSE_SECONDS = 0.1

_PASSING = frozenset({500, 502, 503, 504})
"""Worth a second try; a service that answers 429 is not helped by one."""

_ABOUT_THE_QUESTION = frozenset({400, 409, 413, 422})
"""The service is well, and doesn't take this one question. 401 or 404 would meet any: an outage by another name."""

_Answer = TypeVar("_Answer")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A service's address and timeout.

    Attributes:
        name: as errors, logs and counters call it, such as ``product service``.
        url: the base URL that paths are appended to.
        timeout: of one attempt, from waiting for a free slot to the last byte of the response.
        token: sent as a bearer token.
    """

    name: str
    url: str
    timeout: timedelta
    token: str | None = field(default=None, repr=False)


class ServiceFailed(Exception):
    """The service gave no usable response; ``passing`` tells whether a retry may help."""

    def __init__(self, detail: str, *, passing: bool) -> None:
        self.passing = passing
        super().__init__(detail)


class _NotAsked(Exception):
    """The call was not made; ``outcome`` is its counter label."""

    def __init__(self, detail: str, outcome: str) -> None:
        self.outcome = outcome
        super().__init__(detail)


def open_session() -> aiohttp.ClientSession:
    """Opens a session for ``HttpService``, which sets the timeouts and limits itself; without cookies."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=10),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        # Compressed responses would need two size limits, so none is requested.
        auto_decompress=False,
        headers={"User-Agent": "bbws-orders", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


class HttpService:
    """Calls one service by POSTing JSON. Also its ``Probe``, which passes unless the circuit is open."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: ServiceAddress,
        metrics: Metrics,
        *,
        breaker: CircuitBreaker | None = None,
        calls_at_once: int = MAX_CALLS_AT_ONCE,
        request_id: Callable[[], str | None] = lambda: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        tracing: Tracing | None = None,
    ) -> None:
        """``request_id`` gives the current request's id; ``pause`` and ``chance`` make the delay before a retry.

        ``breaker``: its changes are logged and shown from here on.
        ``tracing``: by default the caller's trace is passed on.
        """
        self.name = address.name
        self._session = session
        self._address = address
        self._metrics = metrics
        self._breaker = breaker or CircuitBreaker(failures=(ServiceFailed,))
        self._breaker.on_change = self._tell_of_change
        self._show(self._breaker.state)
        self._slots = asyncio.Semaphore(calls_at_once)
        self._request_id = request_id
        self._pause = pause
        self._chance = chance
        self._tracing = tracing or PassOnTracing()

    async def check(self) -> None:
        """Returns unless the circuit is open. Raises: TransientPortError."""
        try:
            self._breaker.check()
        except CircuitOpen as error:
            raise TransientPortError(self.name, str(error)) from None

    async def ask(
        self, path: str, question: object, read: Callable[[Any], _Answer], *, traceparent: str | None = None
    ) -> _Answer:
        """Sends a request and returns the parsed response; it must be safe to repeat, since it may be retried.

        Args:
            read: parses the JSON value; raises ``BrokenAnswer`` if it is malformed.

        Raises:
            TransientPortError: no usable response, for whatever reason.
        """
        with self._tracing.span(self.name, kind=SpanKind.CLIENT, parent=passed_on(traceparent)) as span:
            return await self._ask(path, encode(question), self._headers(span.traceparent), read)

    async def _ask(self, path: str, body: bytes, headers: Mapping[str, str], read: Callable[[Any], _Answer]) -> _Answer:
        try:
            try:
                return await self._attempt(path, body, headers, read)
            except ServiceFailed as error:
                if not error.passing:
                    raise
                first = error
            await self._pause(LONGEST_PAUSE_SECONDS * self._chance())
            try:
                return await self._attempt(path, body, headers, read)
            except _NotAsked:
                raise first from None
        except (ServiceFailed, _NotAsked) as error:
            raise TransientPortError(self.name, str(error)) from error

    async def _attempt(
        self, path: str, body: bytes, headers: Mapping[str, str], read: Callable[[Any], _Answer]
    ) -> _Answer:
        deadline = asyncio.get_running_loop().time() + self._address.timeout.total_seconds()
        outcome = "failed"
        try:
            async with _place(self._slots, deadline):
                # Checked after waiting for a slot: the circuit may have opened meanwhile.
                with self._breaker.call():
                    status, answer = await self._exchange(path, body, headers, read, deadline)
            if answer is None:
                outcome = "refused"
                raise ServiceFailed(f"it answers {status} to what it was asked", passing=False)
            outcome = "answered"
            return answer[0]
        except CircuitOpen as error:
            outcome = "circuit_open"
            raise _NotAsked(str(error), outcome) from None
        except _NotAsked as error:
            outcome = error.outcome
            raise
        except asyncio.CancelledError:
            outcome = "abandoned"
            raise
        finally:
            self._metrics.count(SERVICE_CALLS, dependency=self.name, outcome=outcome)

    async def _exchange(
        self, path: str, body: bytes, headers: Mapping[str, str], read: Callable[[Any], _Answer], deadline: float
    ) -> tuple[int, tuple[_Answer] | None]:
        """Returns status and parsed response; no response with a status of ``_ABOUT_THE_QUESTION``."""
        try:
            async with (
                asyncio.timeout_at(deadline),
                self._session.post(
                    self._address.url.rstrip("/") + path, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                status = response.status
                if status == 200:
                    return status, (read(decode(await _bounded(response))),)
                # The body is not read; closing drops the connection, since one with unread data can't be reused.
                response.close()
        except TimeoutError:
            seconds = self._address.timeout.total_seconds()
            raise ServiceFailed(f"no answer within {seconds:g} s", passing=True) from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
            raise ServiceFailed(safe_error_text(error), passing=True) from error
        except aiohttp.ClientError as error:
            raise ServiceFailed(f"no HTTP that can be read: {type(error).__name__}", passing=False) from error
        except BrokenAnswer as error:
            raise ServiceFailed(f"an answer that can't be read: {error}", passing=False) from None
        if status in _ABOUT_THE_QUESTION:
            return status, None
        raise ServiceFailed(f"it answers {status}", passing=status in _PASSING)

    def _headers(self, traceparent: str | None) -> dict[str, str]:
        token, request_id = self._address.token, self._request_id()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}" if token else None,
            "traceparent": traceparent,
            "X-Request-Id": request_id,
        }
        return {name: value for name, value in headers.items() if value is not None}

    def _tell_of_change(self, state: BreakerState) -> None:
        self._show(state)
        log = _log.info if state is BreakerState.CLOSED else _log.warning
        log("circuit changed", service=self.name, state=str(state))

    def _show(self, state: BreakerState) -> None:
        # Half open it is asked by one call, and by no other.
        self._metrics.show(BREAKER_OPEN, 0 if state is BreakerState.CLOSED else 1, dependency=self.name)


@asynccontextmanager
async def _place(slots: asyncio.Semaphore, deadline: float) -> AsyncIterator[None]:
    """Waits for one of the slots, so that a hung service blocks no more than that many callers. Raises: _NotAsked."""
    try:
        async with asyncio.timeout_at(deadline):
            await slots.acquire()
    except TimeoutError:
        raise _NotAsked("too many calls wait for it already", "busy") from None
    try:
        yield
    finally:
        slots.release()


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            response.close()
            raise BrokenAnswer(f"more than {MAX_ANSWER_BYTES} bytes")
    return bytes(content)
