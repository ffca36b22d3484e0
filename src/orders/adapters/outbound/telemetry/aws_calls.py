"""Spans of calls to AWS, by the events of botocore's clients.

https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient

from orders.adapters.outbound.telemetry.tracing import OtelSpan, OtelTracing, Value, current_span
from orders.ports.tracing import SpanKind

_SPAN = "orders.span"
_NAMED = {"TableName": "aws.table_name", "QueueUrl": "aws.queue_url", "Bucket": "aws.s3.bucket"}
"""Parameters that say which resource a call is about: none of them is personal, as keys and bodies are."""

_WENT_WELL = frozenset({None, 200})
_RECKONED_WITH = frozenset({304, 404, 412})
_CONDITIONS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
"""Answers that callers ask for: whether there is such a thing, or still as it was. They are no failures of a trace."""

_TRACED_BY_CALLER = frozenset({"PutEvents"})
"""Operations whose callers start a span for nothing else: what becomes of the call is noted on theirs."""


_Call = tuple[str, dict[str, Value]]
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
        client.meta.events.register("before-parameter-build", self._begin)
        client.meta.events.register("after-call", self._end)
        client.meta.events.register("after-call-error", self._break_off)

    def _begin(self, *, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        current = current_span.get()
        if current is None or not current.place.sampled:
            return
        operation = model.name
        if operation in _TRACED_BY_CALLER:
            context[_SPAN] = current
            return
        name, attributes = self._call(model, params)
        context[_SPAN] = self._tracing.start(name, SpanKind.CLIENT, None, attributes.copy())

    def _call(self, model: Any, params: Mapping[str, Any]) -> _Call:
        """Returns the name of a call's span and what is known of the call at its start."""
        about = params.get("TableName") or params.get("QueueUrl") or params.get("Bucket")
        service, operation = model.service_model.service_id, model.name
        key = (service, operation, about)
        if (known := self._calls.get(key)) is None:
            service = str(service)
            described = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation, **_resource(params)}
            known = f"{service}.{operation}", described
            if len(self._calls) < _MOST_CALLS:
                self._calls[key] = known
        return known

    def _end(self, *, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        span: OtelSpan | None = context.pop(_SPAN, None)
        if span is None:
            return
        told = parsed.get("ResponseMetadata", {})
        # A span that says nothing of it went well: an attribute takes as long to send as a third of a span.
        if (status := told.get("HTTPStatusCode")) not in _WENT_WELL:
            span.attributes["http.response.status_code"] = status
        if attempts := told.get("RetryAttempts"):
            span.attributes["aws.retries"] = attempts
        if code := parsed.get("Error", {}).get("Code"):
            if status in _RECKONED_WITH or code in _CONDITIONS:
                span.attributes["error.type"] = str(code)
            else:
                span.fail(str(code))
        _close(span)

    def _break_off(self, *, exception: BaseException, context: dict[str, Any], **_: Any) -> None:
        span: OtelSpan | None = context.pop(_SPAN, None)
        if span is not None:
            span.fail(type(exception).__name__)
            _close(span)


def _close(span: OtelSpan) -> None:
    # That of a caller ends with its block.
    if span is not current_span.get():
        span.end()


def _resource(params: Mapping[str, Any]) -> dict[str, str]:
    return {attribute: value for name, attribute in _NAMED.items() if isinstance(value := params.get(name), str)}
