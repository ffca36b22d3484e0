"""Spans of calls to AWS, by wrapping the one method of botocore's clients through which each call goes.

That is what instrumentations of botocore do. Its events would do as well, but each handler of one costs as much as
starting a span, and none is called when a call is cancelled.
"""

from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from orders.adapters.outbound.telemetry.otlp_spans import said_again
from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing, Value, current_span
from orders.ports.tracing import SpanKind

_NAMED = {"TableName": "aws.table_name", "QueueUrl": "aws.queue_url", "Bucket": "aws.s3.bucket"}
"""Parameters that say which resource a call is about: none of them is personal, as keys and bodies are."""

_WELL = 200
_RECKONED_WITH = frozenset({304, 404, 412})
_CONDITIONS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
"""Answers that callers ask for: whether there is such a thing, or still as it was. They are no failures of a trace."""

_TRACED_BY_CALLER = frozenset({"PutEvents"})
"""Operations whose callers start a span for nothing else: what becomes of the call is noted on theirs."""


_Call = tuple[str, Mapping[str, Value], bytes]
"""The name of the spans of all such calls, their attributes, and both encoded."""
_MOST_CALLS = 256


class AwsCalls:
    """Adds a span for each call of the clients that it watches, within the span in whose block it is made.

    A call outside of spans gets none: the polls of an empty queue would be most of all traces.
    """

    def __init__(self, tracing: OtelTracing) -> None:
        self._tracing = tracing
        self._calls: dict[tuple[str, str, str | None], _Call] = {}

    def watch(self, client: BaseClient) -> None:
        """Begins to follow a client's calls."""
        followed: Any = client
        call, service = followed._make_api_call, str(client.meta.service_model.service_id)

        async def traced(operation: str, params: Mapping[str, Any]) -> Any:
            current = current_span.get()
            if current is None or not current.sampled:
                return await call(operation, params)
            apart = operation not in _TRACED_BY_CALLER
            span = self._begun(service, operation, params) if apart else current
            try:
                answer = await call(operation, params)
            except BaseException as error:
                _note_failure(span, error)
                raise
            else:
                _note_answer(span, answer.get("ResponseMetadata", {}))
                return answer
            finally:
                # That of a caller ends with its block.
                if apart:
                    span.end()

        followed._make_api_call = traced

    def _begun(self, service: str, operation: str, params: Mapping[str, Any]) -> OtelSpan:
        about = params.get("TableName") or params.get("QueueUrl") or params.get("Bucket")
        key = (service, operation, about)
        if (known := self._calls.get(key)) is None:
            name = f"{service}.{operation}"
            described: Mapping[str, Value] = {
                "rpc.system": "aws-api",
                "rpc.service": service,
                "rpc.method": operation,
                **_resource(params),
            }
            known = name, described, said_again(name, SpanKind.CLIENT, described)
            if len(self._calls) < _MOST_CALLS:
                self._calls[key] = known
        name, described, said = known
        return self._tracing.start(name, SpanKind.CLIENT, None, described, said=said)


def _note_answer(span: OtelSpan, told: Mapping[str, Any]) -> None:
    # A span that says nothing of it went well: an attribute takes as long to send as a third of a span.
    status: int | None = told.get("HTTPStatusCode")
    if status is not None and status != _WELL:
        span.note(**{"http.response.status_code": status})
    if attempts := told.get("RetryAttempts"):
        span.note(**{"aws.retries": attempts})


def _note_failure(span: OtelSpan, error: BaseException) -> None:
    if not isinstance(error, ClientError):
        span.fail(type(error).__name__)
        return
    told = error.response.get("ResponseMetadata", {})
    _note_answer(span, told)
    code = str(error.response.get("Error", {}).get("Code"))
    if told.get("HTTPStatusCode") in _RECKONED_WITH or code in _CONDITIONS:
        span.note(**{"error.type": code})
    else:
        span.fail(code)


def _resource(params: Mapping[str, Any]) -> dict[str, str]:
    return {attribute: value for name, attribute in _NAMED.items() if isinstance(value := params.get(name), str)}
