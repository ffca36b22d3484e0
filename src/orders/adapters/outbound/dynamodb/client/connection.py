"""One connection to DynamoDB, on which one request after the other is sent and its answer awaited."""

import asyncio
from dataclasses import dataclass
from typing import cast

import httptools

_FINAL = 200
"""Answers below are preliminary: another follows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Closed(Exception):
    """The connection was closed, or sent something else than an answer."""


class Connection(asyncio.Protocol):
    """A connection that carries one exchange at a time.

    Attributes:
        reusable: true if another request may be sent on it.
        idle_since: when it was last given back, on the loop's clock.
        gone: done once the connection is closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, read_seconds: float) -> None:
        self.reusable = False
        self.idle_since = 0.0
        self.gone: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._read_seconds = read_seconds
        self._heard_at = 0.0
        self._answered: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    async def exchange(self, request: bytes) -> Answer:
        """Sends a whole request and returns its answer; whoever doesn't get one must abort the connection.

        Raises:
            Closed: before the answer was complete.
            TimeoutError: nothing was heard for the time that one read may take.
        """
        transport = self._transport
        if not self.reusable or transport is None or transport.is_closing():
            raise Closed("before the request was sent")
        self.reusable, self._headers, self._body = False, {}, []
        self._answered = answered = self._loop.create_future()
        self._heard_at = self._loop.time()
        self._timer = self._loop.call_later(self._read_seconds, self._late, answered)
        transport.write(request)
        try:
            answer: Answer = await answered
            return answer
        finally:
            self._timer.cancel()
            self._answered = None

    def abort(self) -> None:
        """Closes it at once."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def _late(self, answered: "asyncio.Future[Answer]") -> None:
        rest = self._heard_at + self._read_seconds - self._loop.time()
        if rest > 0:
            self._timer = self._loop.call_later(rest, self._late, answered)
        elif not answered.done():
            answered.set_exception(TimeoutError(f"nothing heard for {self._read_seconds} s"))

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps what to write to."""
        self._transport = cast("asyncio.Transport", transport)
        self.reusable = True

    def data_received(self, data: bytes) -> None:
        """Parses what has come."""
        self._heard_at = self._loop.time()
        if self._answered is None or self._answered.done():
            # What nobody has asked for must not become the answer to the next request.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Closed(f"no HTTP: {type(error).__name__}"))
            self.abort()

    def eof_received(self) -> None:
        """Lets the transport close."""
        self.reusable = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends an exchange that is under way."""
        self.reusable = False
        self._fail(Closed("no answer" if exc is None else type(exc).__name__))
        if not self.gone.done():
            self.gone.set_result(None)

    def _fail(self, error: Closed) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)

    # What the parser calls

    def on_message_begin(self) -> None:
        """Gives the connection up if there is more than was asked for."""
        if self._answered is None or self._answered.done():
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keeps a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Keeps a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Gives the answer to who awaits it."""
        if self._answered is None or self._answered.done():
            self.reusable = False
            return
        status = self._parser.get_status_code()
        if status < _FINAL:
            self._headers, self._body = {}, []
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self.reusable = self._parser.should_keep_alive()
        self._answered.set_result(Answer(status, self._headers, body))
