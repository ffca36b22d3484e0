"""Spans of calls to AWS, by the events that botocore emits for each call."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from orders.adapters.outbound.telemetry.aws_calls import AwsCalls
from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing
from orders.ports.tracing import SpanKind

Call = Callable[..., None]
REFUSED = {"ResponseMetadata": {"HTTPStatusCode": 400}, "Error": {"Code": "ThrottlingException"}}
UNCHANGED = {"ResponseMetadata": {"HTTPStatusCode": 400}, "Error": {"Code": "ConditionalCheckFailedException"}}
TAKEN = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}
AFTER_RETRIES = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 2}}
ALL = {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "PutItem", "aws.table_name": "orders"}


class Ended:
    """Keeps what has ended, and when."""

    def __init__(self) -> None:
        self.spans: list[OtelSpan] = []
        self.ends: list[int] = []

    def take(self, span: OtelSpan, ended: int) -> None:
        self.spans.append(span)
        self.ends.append(ended)


@pytest.fixture
def ended() -> Ended:
    return Ended()


def _tracing(ended: Ended, sampler: Sampler = ALWAYS_ON) -> OtelTracing:
    times = iter(range(1_000, 2_000))
    return OtelTracing(ended.take, sampler=sampler, now_ns=lambda: next(times))


@pytest.fixture
def tracing(ended: Ended) -> OtelTracing:
    return _tracing(ended)


def _client(tracing: OtelTracing) -> Call:
    """Follows a client, and returns what emits the events of one call of it as botocore does."""
    emitter = HierarchicalEmitter()
    AwsCalls(tracing).watch(SimpleNamespace(meta=SimpleNamespace(events=emitter)))  # type: ignore[arg-type]

    def call(service: str, operation: str, outcome: Mapping[str, Any] | Exception, **params: str) -> None:
        model = SimpleNamespace(name=operation, service_model=SimpleNamespace(service_id=service))
        context: dict[str, Any] = {}
        named = f"{service}.{operation}"
        emitter.emit(f"before-parameter-build.{named}", params=params, model=model, context=context)
        if isinstance(outcome, Exception):
            emitter.emit(f"after-call-error.{named}", exception=outcome, context=context)
        else:
            emitter.emit(f"after-call.{named}", parsed=outcome, model=model, context=context)

    return call


@pytest.mark.parametrize(
    ("outcome", "more", "failed"),
    [
        (TAKEN, {}, False),
        (AFTER_RETRIES, {"aws.retries": 2}, False),
        (UNCHANGED, {"error.type": "ConditionalCheckFailedException", "http.response.status_code": 400}, False),
        (REFUSED, {"error.type": "ThrottlingException", "http.response.status_code": 400}, True),
        (ConnectionError("to 10.0.0.1"), {"error.type": "ConnectionError"}, True),
    ],
)
def test_a_call_is_a_span_within_that_of_its_caller(
    ended: Ended, tracing: OtelTracing, outcome: Mapping[str, Any] | Exception, more: dict[str, Any], failed: bool
) -> None:
    with tracing.span("work") as work:
        _client(tracing)("DynamoDB", "PutItem", outcome, TableName="orders", Secret="x")
    call, caller = ended.spans
    assert (call.name, call.kind.name, call.attributes) == ("DynamoDB.PutItem", "CLIENT", ALL | more)
    assert call.parent is not None
    assert (call.parent.span_id, call.place.trace_id) == (work.place.span_id, work.place.trace_id)
    assert call.failed is failed
    assert (call.began, ended.ends[0]) == (1_001, 1_002)
    assert not caller.failed


@pytest.mark.parametrize("outcome", [TAKEN, REFUSED, ConnectionError()])
def test_a_publication_has_one_span_which_tells_what_became_of_its_call(
    ended: Ended, tracing: OtelTracing, outcome: Mapping[str, Any] | Exception
) -> None:
    with tracing.span("publish events", kind=SpanKind.PRODUCER):
        _client(tracing)("EventBridge", "PutEvents", outcome)
        assert ended.spans == []
    (publication,) = ended.spans
    assert publication.name == "publish events"
    assert publication.failed is (outcome is not TAKEN)


def test_a_call_outside_of_spans_or_of_a_trace_that_is_not_kept_has_none(ended: Ended, tracing: OtelTracing) -> None:
    _client(tracing)("SQS", "ReceiveMessage", TAKEN)
    dropping = _tracing(ended, ALWAYS_OFF)
    with dropping.span("work"):
        _client(dropping)("DynamoDB", "PutItem", TAKEN)
    assert ended.spans == []
