"""Spans of calls to AWS, by the events of botocore's clients.

https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from orders.adapters.outbound.telemetry.tracing import context_of_current

_SPAN = "orders.span"
_NAMED = {"TableName": "aws.table_name", "QueueUrl": "aws.queue_url", "Bucket": "aws.s3.bucket"}
"""Parameters that say which resource a call is about: none of them is personal, as keys and bodies are."""

_RECKONED_WITH = frozenset({304, 404, 412})
_CONDITIONS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
"""Answers that callers ask for: whether there is such a thing, or still as it was. They are no failures of a trace."""


class AwsCalls:
    """Adds a span for each call of the clients that it watches, within the span in whose block it is made.

    A call outside of spans gets none: the polls of an empty queue would be most of all traces.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def watch(self, client: BaseClient) -> None:
        """Begins to follow a client's calls."""
        client.meta.events.register("before-parameter-build", self._begin)
        client.meta.events.register("after-call", self._end)
        client.meta.events.register("after-call-error", self._break_off)

    def _begin(self, *, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        parent = context_of_current()
        if parent is None:
            return
        service, operation = str(model.service_model.service_id), str(model.name)
        context[_SPAN] = self._tracer.start_span(
            f"{service}.{operation}",
            context=parent,
            kind=trace.SpanKind.CLIENT,
            attributes={"rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation} | _resource(params),
            record_exception=False,
            set_status_on_exception=False,
        )

    def _end(self, *, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        span: trace.Span | None = context.pop(_SPAN, None)
        if span is None:
            return
        told = parsed.get("ResponseMetadata", {})
        if (status := told.get("HTTPStatusCode")) is not None:
            span.set_attribute("http.response.status_code", status)
        if attempts := told.get("RetryAttempts"):
            span.set_attribute("aws.retries", attempts)
        if code := parsed.get("Error", {}).get("Code"):
            span.set_attribute("error.type", str(code))
            if not (status in _RECKONED_WITH or code in _CONDITIONS):
                span.set_status(Status(StatusCode.ERROR))
        span.end()

    def _break_off(self, *, exception: BaseException, context: dict[str, Any], **_: Any) -> None:
        span: trace.Span | None = context.pop(_SPAN, None)
        if span is None:
            return
        span.set_attribute("error.type", type(exception).__name__)
        span.set_status(Status(StatusCode.ERROR))
        span.end()


def _resource(params: Mapping[str, Any]) -> dict[str, str]:
    return {attribute: value for name, attribute in _NAMED.items() if isinstance(value := params.get(name), str)}
