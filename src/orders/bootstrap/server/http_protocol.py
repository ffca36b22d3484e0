"""uvicorn's HTTP protocol with bounds on what comes before a request and after its answer, and problems for what is no
HTTP.

uvicorn waits for a request's head as long as it takes, takes a head of any size, and reads on for ever what is left of
a body that has been answered. A load balancer in front does none of that; a task that is reached otherwise must hold
too.
"""

import secrets
from asyncio import TimerHandle
from collections.abc import Sequence
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from orders.adapters.inbound.http.middleware.deadline import RETRY_AFTER_SECONDS
from orders.adapters.inbound.http.middleware.request_id import SECURITY_HEADERS
from orders.adapters.inbound.http.middleware.request_line import MAX_URL_BYTES
from orders.adapters.inbound.http.problems import (
    HEAD_TOO_LARGE,
    MALFORMED,
    MEDIA_TYPE,
    REQUEST_TIMEOUT,
    URL_TOO_LONG,
    Kind,
    problem_body,
)
from orders.adapters.wire import json_body

MAX_HEAD_BYTES = 32 * 1024
PATIENCE_SECONDS = 10.0
"""Time that a client has for the rest of a head once it has begun, and of a body that is already responded to."""


class _HeadTooLarge(Exception):
    """Stops the parser: the request's head is too large."""


class _FramingUnknown(Exception):
    """Stops the parser before anything is done: recipients could disagree on where this request ends."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP protocol of one connection."""

    patience_seconds = PATIENCE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        """True before and while a head is received."""
        self._bytes_of_head = 0
        """Bytes received of the head; the parser reports a line only when it is complete."""
        self._parsed_bytes = 0
        self._framing_unknown = False
        self._ended = False
        """The client sends nothing more; requests already sent still get a response (RFC 9112, section 9.6)."""
        self._refusal: bytes | None = None
        """Problem response to send after the responses to all earlier requests."""
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See ``asyncio.Protocol``."""
        super().connection_made(transport)
        self._wait(self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._stop_waiting()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn closes, whatever has been asked before
        """See ``asyncio.Protocol``; true keeps the connection for what is still to be written."""
        self._ended = True
        if self._cut_off is not None:
            self._refuse(MALFORMED, "the connection ended before the body was whole")
            return self._refusal is not None
        return self._refusal is not None or self._answering

    def on_response_complete(self) -> None:
        """Handles the end of a response."""
        if self._refusal is not None and not self.pipeline:
            self._write_last(self._refusal)
        elif self._ended and not self.pipeline:
            self.transport.close()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        if self._refusal is not None:
            return
        begins = not self._bytes_of_head if self._in_head else self._timer is None and not self._answering
        if begins:
            self._wait(self.patience_seconds)
        if self._in_head:
            self._bytes_of_head += len(data)
        super().data_received(data)
        if self._in_head and self._bytes_of_head > MAX_HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Handles the start of a request head."""
        self._parsed_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Handles a part of the URL."""
        super().on_url(url)
        self._count(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Handles a header field; trailer fields, which are not authenticated, are ignored."""
        self._count(name, value)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handles the end of the head."""
        self._check_framing()
        self._in_head = False
        self._bytes_of_head = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Handles the end of the body."""
        super().on_message_complete()
        self._in_head = True
        self._stop_waiting()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """Responds to what the parser has refused."""
        if self._parsed_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        elif self._framing_unknown:
            self._refuse(MALFORMED, "the one Transfer-Encoding that is taken is chunked, with HTTP/1.1")
        else:
            self._refuse(MALFORMED, "this is not HTTP/1.1 as RFC 9112 has it")

    def _unsupported_upgrade_warning(self) -> None:
        """Does nothing: other protocols are not offered, and an offer may be ignored (RFC 9110, 7.8)."""

    @property
    def _answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    @property
    def _cut_off(self) -> RequestResponseCycle | None:
        """The request whose body is still incomplete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle if cycle is not None and cycle.more_body else None

    def _check_framing(self) -> None:
        """Checks that the body's end is unambiguous for every recipient (RFC 9112, sections 6.1 and 6.3).

        The parser refuses what is contradictory, but passes other codings before ``chunked``, and HTTP/1.0 with any;
        and of others as the last it tells only when the request has been begun with.

        Raises: _FramingUnknown.
        """
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or self.parser.get_http_version() != "1.1"):
            self._framing_unknown = True
            raise _FramingUnknown

    def _count(self, *parts: bytes) -> None:
        self._parsed_bytes += sum(map(len, parts))
        if self._parsed_bytes > MAX_HEAD_BYTES:
            raise _HeadTooLarge

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self._run_out_of_patience)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run_out_of_patience(self) -> None:
        self._timer = None
        if self._answering:
            return  # An earlier request of this connection is being answered; that has a deadline of its own.
        if self._in_head and self._bytes_of_head:
            self._refuse(REQUEST_TIMEOUT, f"the head did not arrive within {self.patience_seconds:g} s")
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse_head(self) -> None:
        if len(self.url) > MAX_HEAD_BYTES // 2:
            self._refuse(URL_TOO_LONG, f"path and query have at most {MAX_URL_BYTES} bytes")
        else:
            self._refuse(HEAD_TOO_LARGE, f"the head of a request has at most {MAX_HEAD_BYTES // 1024} KiB")

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Sends the problem and closes the connection, since its rest can't be parsed; earlier responses are sent
        first.
        """
        if self.transport.is_closing() or self._refusal is not None:
            return
        refusal, broken, before = _refusal(kind, detail, self.server_state.default_headers), self._cut_off, False
        if broken is None:
            before = self._answering
        elif self.pipeline:
            self.pipeline.popleft()
            before = True
        elif broken.response_started:
            # Answered already, or about to be: one request has one answer.
            refusal, before = b"", not broken.response_complete
        else:
            broken.disconnected = True
            broken.message_event.set()
        if before:
            self._refusal = refusal
        else:
            self._write_last(refusal)

    def _write_last(self, content: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(content)
            self.transport.close()


def _refusal(kind: Kind, detail: str, defaults: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Returns a problem response as bytes, outside the application."""
    request_id = secrets.token_hex(16)
    body = json_body.encode(problem_body(kind, detail, instance="about:blank", request_id=request_id))
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        **({"retry-after": str(RETRY_AFTER_SECONDS)} if kind is REQUEST_TIMEOUT else {}),
        "x-request-id": request_id,
        **SECURITY_HEADERS,
    }
    lines = [f"{name.lower()}: {value}\r\n".encode() for name, value in headers.items()]
    given = [name + b": " + value + b"\r\n" for name, value in defaults]
    return b"".join([STATUS_LINE[kind.status], *given, *lines, b"\r\n", body])
