"""Spans that have ended, until they are sent: encoded many at once, sent by a thread every few seconds.

The SDK's batch processor takes as long for a span as ending it, and a span that is encoded alone, between other work,
takes three times as long as among others (ADR 49).
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from orders.adapters.outbound.telemetry.otlp_spans import encode_span
from orders.adapters.outbound.telemetry.tracing import OtelSpan

ENCODED_TOGETHER = 64
"""So many spans are encoded at once: that takes a fifth of a millisecond."""

MAX_QUEUED_SPANS = 8192
"""More are dropped: a collector that is away must not fill the memory. Each takes a few hundred bytes."""

SPANS_AT_ONCE = 2048
"""So many are sent before their time: a request takes some 4 ms of the interpreter, whatever is in it. Half a megabyte
is far below what a collector takes."""

_log = logging.getLogger(__name__)


class SpanQueue:
    """Gathers ended spans and has them sent in the background."""

    def __init__(self, send: Callable[[Sequence[bytes]], None], *, every_seconds: float) -> None:
        """Starts the thread. ``send`` is called with encoded spans, from one thread at a time; it may take its time."""
        self._send = send
        self._every_seconds = every_seconds
        self._ended: deque[tuple[OtelSpan, int]] = deque()
        self._encoded: list[bytes] = []
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def take(self, span: OtelSpan, ended: int) -> None:
        """Takes a span that ended at ``ended`` ns since 1970, unless too many wait already."""
        self._ended.append((span, ended))
        if len(self._ended) >= ENCODED_TOGETHER:
            self._encode()

    def flush(self) -> None:
        """Sends all that has ended; waits for it."""
        with self._sending:
            self._encode()
            while batch := self._next():
                try:
                    self._send(batch)
                except Exception:  # noqa: BLE001 - telemetry is lost, and nothing else
                    _log.exception("spans could not be sent")

    def close(self) -> None:
        """Sends what is left and ends the thread; waits as long as that takes."""
        self._closed = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._every_seconds)
            self._wake.clear()
            self.flush()
        # What has ended while the last was sent.
        self.flush()

    def _encode(self) -> None:
        with self._lock:
            # One by one, for others may be added meanwhile.
            while self._ended:
                span, at = self._ended.popleft()
                if len(self._encoded) < MAX_QUEUED_SPANS:
                    self._encoded.append(encode_span(span, at))
            full = len(self._encoded) >= SPANS_AT_ONCE
        if full:
            self._wake.set()

    def _next(self) -> Sequence[bytes]:
        with self._lock:
            batch, self._encoded = self._encoded[:SPANS_AT_ONCE], self._encoded[SPANS_AT_ONCE:]
        return batch
