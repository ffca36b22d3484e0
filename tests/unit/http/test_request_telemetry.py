"""What is counted, timed and traced of requests."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.middleware.edge import EdgeRules
from orders.adapters.inbound.http.middleware.rate_limit import Rate
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import ERRORS, REQUEST_SECONDS, REQUESTS, THROTTLED_REQUESTS
from orders.ports.tracing import Span, SpanKind
from tests.support.http_api import ORDERS, Api
from tests.support.service import Service

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


FAST = Rate(per_second=1000, burst=1000)


class NotedSpan:
    """A span that keeps what it is told."""

    traceparent = OTHER

    def __init__(self, parent: str | None) -> None:
        self.parent = parent
        self.name = ""
        self.attributes: dict[str, Any] = {}
        self.failed: str | None = None

    def rename(self, name: str) -> None:
        self.name = name

    def note(self, **attributes: str | float | bool) -> None:
        self.attributes |= attributes

    def fail(self, why: str) -> None:
        self.failed = why


class NotedTracing:
    """``Tracing`` that keeps its spans."""

    def __init__(self) -> None:
        self.spans: list[NotedSpan] = []

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: str | None = None,
        links: Sequence[str] = (),
        **attributes: str | float | bool,
    ) -> Iterator[Span]:
        assert (kind, links) == (SpanKind.SERVER, ())
        span = NotedSpan(parent)
        span.rename(name)
        span.note(**attributes)
        self.spans.append(span)
        yield span


class Measured:
    """An API, what it has measured, and its spans."""

    def __init__(self, api: Api, metrics: MemoryMetrics, tracing: NotedTracing) -> None:
        self.api, self.metrics, self.tracing = api, metrics, tracing

    def counted(self, **labels: str) -> float:
        return self.metrics.of(REQUESTS, **labels)


@asynccontextmanager
async def measured(directory: Path, rate: Rate = FAST) -> AsyncIterator[Measured]:
    service, issuer = Service(), DevIssuer(directory)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))
    metrics, tracing = MemoryMetrics(), NotedTracing()
    app: Any = create_app(served, edge=EdgeRules(rate=rate), metrics=metrics, tracing=tracing)
    async with AsyncTestClient(app) as client:
        yield Measured(Api(client, service, issuer), metrics, tracing)


async def test_operations_are_counted_by_their_answers_and_timed_by_their_groups(tmp_path: Path) -> None:
    async with measured(tmp_path) as found:
        order = await found.api.placed()
        path = f"{ORDERS}/{order['order_id']}"
        assert (await found.api.call("GET", path)).status_code == 200
        assert (await found.api.call("GET", f"{ORDERS}/nothing")).status_code == 404
        assert (await found.api.call("POST", f"{path}/cancel")).status_code == 200
        assert (await found.api.client.get(path)).status_code == 401
        assert found.counted(operation="create_order", answer="2xx") == 1
        assert found.counted(operation="get_order", answer="2xx") == 1
        assert found.counted(operation="get_order", answer="4xx") == 2
        assert found.counted(operation="cancel_order", answer="2xx") == 1
        assert found.metrics.of(ERRORS) == 0
        timed = {group: len(found.metrics.values(REQUEST_SECONDS, group=group)) for group in ("create", "read")}
        # Refusals are not among them.
        assert timed == {"create": 1, "read": 1}
        assert len(found.metrics.values(REQUEST_SECONDS, group="status_change")) == 1


async def test_what_is_no_operation_is_not_counted_and_health_not_traced(tmp_path: Path) -> None:
    async with measured(tmp_path) as found:
        for path in ("/health", "/health/live", "/health/ready"):
            await found.api.client.get(path)
        assert found.tracing.spans == []
        await found.api.client.get("/nowhere")
        await found.api.client.get("/v1.0/openapi.json")
        assert [span.name for span in found.tracing.spans] == ["GET", "GET"]
        assert found.counted() == 0


async def test_throttled_requests_are_counted_apart(tmp_path: Path) -> None:
    async with measured(tmp_path, Rate(per_second=0.001, burst=1)) as found:
        statuses = [(await found.api.call("GET", ORDERS)).status_code for _ in range(3)]
        assert statuses == [200, 429, 429]
        assert found.metrics.of(THROTTLED_REQUESTS, operation="list_orders") == 2
        assert len(found.metrics.values(REQUEST_SECONDS)) == 1


async def test_faults_are_errors_and_fail_their_span(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with measured(tmp_path) as found:

        async def unreachable(*_: object) -> None:
            raise TransientPortError("orders table", "told to fail")

        monkeypatch.setattr(found.api.service.repository, "get", unreachable)
        answer = await found.api.call("GET", f"{ORDERS}/ord_01M8NBQAVM5954HDEVJHCM0QEM")
        assert answer.status_code >= 500
        assert found.metrics.of(ERRORS, operation="get_order") == 1
        (span,) = found.tracing.spans
        assert (span.name, span.failed) == ("getOrder", str(answer.status_code))
        assert span.attributes["http__response__status_code"] == answer.status_code


@pytest.mark.parametrize(
    ("given", "parent"),
    [
        ([TRACEPARENT], TRACEPARENT),
        ([], None),
        ([TRACEPARENT, OTHER], None),
        (["00-00000000000000000000000000000000-00f067aa0ba902b7-01"], None),
        (["ff" + TRACEPARENT[2:]], None),
        ([TRACEPARENT.upper()], None),
        (["x" * 10_000], None),
        (["caf\xe9"], None),
    ],
)
async def test_a_request_goes_on_with_a_valid_trace_and_no_other(
    tmp_path: Path, given: list[str], parent: str | None
) -> None:
    async with measured(tmp_path) as found:
        headers = [(b"traceparent", each.encode("latin-1")) for each in given]
        await found.api.client.get(ORDERS, headers=headers)
        assert [span.parent for span in found.tracing.spans] == [parent]
