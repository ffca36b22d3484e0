"""Requests over HTTP that cost little to make: prepared bytes on connections that are kept."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools

CONNECTIONS = 32

Requests = Iterator[bytes]
"""The requests of one connection, one after another."""


class RefusedError(Exception):
    """An answer that is no success: what is measured would not be what it is called."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a load has been answered.

    Attributes:
        seconds: how long it took altogether.
        bodies: of the answers, in no order.
        latencies: of each request in seconds, from when it was due.
    """

    seconds: float
    bodies: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def request(method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """Returns a request as it is sent; ``_`` in a header's name is a hyphen."""
    lines = [f"{method} {path} HTTP/1.1", "Host: benchmark", f"Authorization: Bearer {token}"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None

    @classmethod
    async def open(cls, url: str) -> "Connection":
        """Connects to the address."""
        where = urlsplit(url)
        _, made = await asyncio.get_running_loop().create_connection(cls, where.hostname or "", where.port or 80)
        return made

    async def ask(self, sent: bytes, *, failing: bool = False) -> bytes:
        """Sends a request and returns the answer's body; with ``failing`` also one of a failure.

        Raises: RefusedError, ConnectionError.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._parser, self._body = httptools.HttpResponseParser(self), bytearray()
        self._transport.write(sent)
        body = await self._answer
        if self._parser.get_status_code() >= 300 and not failing:
            raise RefusedError(f"{self._parser.get_status_code()}: {body[:500].decode()}")
        return body

    def close(self) -> None:
        """Closes it."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the connection was closed ({error})"))

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Takes a part of an answer; called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Ends an answer; called by the parser."""
        if self._answer is not None:
            self._answer.set_result(bytes(self._body))


async def one_after_another(url: str, callers: Sequence[Requests], count: int) -> Answered:
    """Sends ``count`` requests, each caller's next one as soon as its last is answered."""
    connections = [await Connection.open(url) for _ in callers]
    left, found = iter(range(count)), Answered(0.0)
    began = time.perf_counter()

    async def call(connection: Connection, requests: Requests) -> None:
        for _ in left:
            due = time.perf_counter()
            found.bodies.append(await connection.ask(next(requests)))
            found.latencies.append(time.perf_counter() - due)

    try:
        async with asyncio.TaskGroup() as group:
            for connection, requests in zip(connections, callers, strict=True):
                group.create_task(call(connection, requests))
        return Answered(time.perf_counter() - began, found.bodies, found.latencies)
    finally:
        for connection in connections:
            connection.close()


async def at_rate(
    url: str, callers: Sequence[Requests], count: int, per_second: float, between: Callable[[float], float]
) -> Answered:
    """Sends ``count`` requests, each when it is due, whether or not those before it are answered.

    ``between`` draws the time from one to the next, given its mean. A request waits for a free connection; its latency
    begins when it was due.
    """
    connections = [await Connection.open(url) for _ in callers]
    free: asyncio.Queue[tuple[Connection, Requests]] = asyncio.Queue()
    for pair in zip(connections, callers, strict=True):
        free.put_nowait(pair)
    found = Answered(0.0)
    began = due = time.perf_counter()

    async def call(due: float) -> None:
        connection, requests = await free.get()
        found.bodies.append(await connection.ask(next(requests)))
        found.latencies.append(time.perf_counter() - due)
        free.put_nowait((connection, requests))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                due += between(1 / per_second)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(call(due))
        return Answered(time.perf_counter() - began, found.bodies, found.latencies)
    finally:
        for connection in connections:
            connection.close()
