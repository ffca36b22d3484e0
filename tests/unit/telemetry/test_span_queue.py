"""Ended spans: all that have room are sent, in the background or when asked to, and none holds up who ended it."""

import threading
from collections.abc import Iterator, Sequence

import pytest

from orders.adapters.outbound.telemetry.span_queue import (
    ENCODED_TOGETHER,
    MAX_QUEUED_SPANS,
    SPANS_AT_ONCE,
    SpanQueue,
)
from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing

AN_HOUR = 3600.0


class Collector:
    """Takes spans, once it is let."""

    def __init__(self) -> None:
        self.taken: list[Sequence[bytes]] = []
        self.lets = threading.Event()
        self.lets.set()
        self.asked = threading.Event()

    def send(self, spans: Sequence[bytes]) -> None:
        self.asked.set()
        assert self.lets.wait(10)
        self.taken.append(spans)

    @property
    def spans(self) -> list[bytes]:
        return [span for batch in self.taken for span in batch]


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def queue(collector: Collector) -> Iterator[SpanQueue]:
    made = SpanQueue(collector.send, every_seconds=AN_HOUR)
    yield made
    collector.lets.set()
    made.close()


def spans(count: int) -> list[OtelSpan]:
    tracing = OtelTracing(lambda *_: None, keeps=lambda _: True)
    return [tracing.span(f"span {number}") for number in range(count)]


@pytest.mark.parametrize("count", [1, ENCODED_TOGETHER - 1, ENCODED_TOGETHER, 3 * ENCODED_TOGETHER + 1])
def test_what_has_ended_is_sent_once_in_order(queue: SpanQueue, collector: Collector, count: int) -> None:
    for span in spans(count):
        queue.take(span, 1)
    queue.flush()
    queue.flush()
    assert [f"span {number}".encode() in span for number, span in enumerate(collector.spans)] == [True] * count


def test_nothing_is_sent_where_nothing_has_ended(queue: SpanQueue, collector: Collector) -> None:
    queue.flush()
    assert collector.taken == []


def test_many_are_sent_before_their_time(queue: SpanQueue, collector: Collector) -> None:
    for span in spans(SPANS_AT_ONCE):
        queue.take(span, 1)
    assert collector.asked.wait(10)
    queue.flush()
    assert len(collector.spans) == SPANS_AT_ONCE


def test_a_collector_that_hangs_fills_no_memory_and_holds_nobody_up(queue: SpanQueue, collector: Collector) -> None:
    collector.lets.clear()
    ended = spans(SPANS_AT_ONCE)
    for span in ended:
        queue.take(span, 1)
    assert collector.asked.wait(10)
    for _ in range(MAX_QUEUED_SPANS // SPANS_AT_ONCE + 2):
        for span in ended:
            queue.take(span, 1)
    collector.lets.set()
    queue.flush()
    assert len(collector.spans) <= SPANS_AT_ONCE + MAX_QUEUED_SPANS
    assert max(map(len, collector.taken)) <= SPANS_AT_ONCE


def test_what_is_left_is_sent_at_the_end(collector: Collector) -> None:
    queue = SpanQueue(collector.send, every_seconds=AN_HOUR)
    (span,) = spans(1)
    queue.take(span, 1)
    queue.close()
    assert len(collector.spans) == 1


def test_what_ends_while_the_last_is_sent_is_sent_as_well(collector: Collector) -> None:
    queue = SpanQueue(collector.send, every_seconds=0.01)
    first, second = spans(2)
    collector.lets.clear()
    queue.take(first, 1)
    assert collector.asked.wait(10)
    queue.take(second, 1)
    closing = threading.Thread(target=queue.close)
    closing.start()
    collector.lets.set()
    closing.join()
    assert len(collector.spans) == 2


def test_spans_are_sent_by_themselves(collector: Collector) -> None:
    queue = SpanQueue(collector.send, every_seconds=0.01)
    (span,) = spans(1)
    queue.take(span, 1)
    assert collector.asked.wait(10)
    queue.close()
    assert len(collector.spans) == 1


def test_spans_that_cannot_be_sent_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Sequence[bytes]] = []

    def send(given: Sequence[bytes]) -> None:
        sent.append(given)
        if len(sent) == 1:
            raise OSError("no route")

    queue = SpanQueue(send, every_seconds=AN_HOUR)
    first, second = spans(2)
    queue.take(first, 1)
    queue.flush()
    queue.take(second, 1)
    queue.close()
    assert len(sent) == 2
    assert "spans could not be sent" in caplog.text
