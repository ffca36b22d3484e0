"""Spans of calls to AWS."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orders.adapters.outbound.telemetry.aws_calls import AwsCalls
from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing
from orders.ports.tracing import SpanKind


def _refused(status: int, code: str) -> ClientError:
    response: Any = {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}}
    return ClientError(response, "PutItem")


REFUSED = _refused(400, "ThrottlingException")
UNCHANGED = _refused(400, "ConditionalCheckFailedException")
UNMODIFIED = _refused(304, "304")
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


def _passed_on(outcome: object) -> AbstractContextManager[object]:
    """Expects that an outcome that is an error reaches the caller."""
    return pytest.raises(type(outcome)) if isinstance(outcome, BaseException) else nullcontext()


@pytest.fixture
def ended() -> Ended:
    return Ended()


def _tracing(ended: Ended, *, kept: bool = True) -> OtelTracing:
    times = iter(range(1_000, 2_000))
    return OtelTracing(ended.take, keeps=lambda _: kept, now_ns=lambda: next(times))


@pytest.fixture
def tracing(ended: Ended) -> OtelTracing:
    return _tracing(ended)


def _client(tracing: OtelTracing, service: str) -> Any:
    """A client of a service, followed; its calls end as their parameter ``outcome`` says."""

    class Client:
        meta = SimpleNamespace(service_model=SimpleNamespace(service_id=service))

        async def _make_api_call(self, _operation: str, params: Mapping[str, Any]) -> Any:
            outcome = params["outcome"]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        async def call(self, operation: str, outcome: Any, **params: str) -> Any:
            return await self._make_api_call(operation, {**params, "outcome": outcome})

    client: Any = Client()
    AwsCalls(tracing).watch(client)
    return client


@pytest.mark.parametrize(
    ("outcome", "more", "failed"),
    [
        (TAKEN, {}, False),
        (AFTER_RETRIES, {"aws.retries": 2}, False),
        (UNMODIFIED, {"error.type": "304", "http.response.status_code": 304}, False),
        (UNCHANGED, {"error.type": "ConditionalCheckFailedException", "http.response.status_code": 400}, False),
        (REFUSED, {"error.type": "ThrottlingException", "http.response.status_code": 400}, True),
        (ConnectionError("to 10.0.0.1"), {"error.type": "ConnectionError"}, True),
        (asyncio.CancelledError(), {"error.type": "CancelledError"}, True),
    ],
)
async def test_a_call_is_a_span_within_that_of_its_caller(
    ended: Ended, tracing: OtelTracing, outcome: Mapping[str, Any] | BaseException, more: dict[str, Any], failed: bool
) -> None:
    with tracing.span("work") as work, _passed_on(outcome):
        answer = await _client(tracing, "DynamoDB").call("PutItem", outcome, TableName="orders", Secret="x")
        assert answer is outcome
    call, caller = ended.spans
    assert (call.name, call.kind.name, call.attributes) == ("DynamoDB.PutItem", "CLIENT", ALL | more)
    assert (call.parent_id, call.trace_id) == (work.span_id, work.trace_id)
    assert call.failed is failed
    assert (call.began, ended.ends[0]) == (1_001, 1_002)
    assert not caller.failed


@pytest.mark.parametrize("outcome", [TAKEN, REFUSED, ConnectionError()])
async def test_a_publication_has_one_span_which_tells_what_became_of_its_call(
    ended: Ended, tracing: OtelTracing, outcome: Mapping[str, Any] | Exception
) -> None:
    with tracing.span("publish events", kind=SpanKind.PRODUCER), _passed_on(outcome):
        await _client(tracing, "EventBridge").call("PutEvents", outcome)
    (publication,) = ended.spans
    assert publication.name == "publish events"
    assert publication.failed is (outcome is not TAKEN)


async def test_a_call_outside_of_spans_or_of_a_trace_that_is_not_kept_has_none(
    ended: Ended, tracing: OtelTracing
) -> None:
    await _client(tracing, "SQS").call("ReceiveMessage", TAKEN)
    dropping = _tracing(ended, kept=False)
    with dropping.span("work"):
        await _client(dropping, "DynamoDB").call("PutItem", TAKEN)
    assert ended.spans == []


async def test_calls_of_one_kind_have_the_attributes_of_their_own(ended: Ended, tracing: OtelTracing) -> None:
    client = _client(tracing, "DynamoDB")
    with tracing.span("work"):
        await client.call("PutItem", AFTER_RETRIES, TableName="orders")
        await client.call("PutItem", TAKEN, TableName="orders")
        await client.call("PutItem", TAKEN, TableName="ledger")
    assert [each.attributes for each in ended.spans[:3]] == [
        ALL | {"aws.retries": 2}, ALL, ALL | {"aws.table_name": "ledger"},
    ]  # fmt: skip
