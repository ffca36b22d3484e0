"""Telemetry that is sent to a collector: what of it, in which form, and what becomes of a process without one."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from orders.adapters.outbound.telemetry.export import Export, OtelTelemetry, sampler
from orders.adapters.trace_context import current_traceparent
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.telemetry import open_telemetry, resource_attributes
from orders.ports.metric_catalogue import CATALOGUE, EVENTS_PUBLISHED, MAIL_DAILY_QUOTA_USED, RENDER_SECONDS
from orders.ports.tracing import SpanKind
from tests.support.collector import Collector, collecting

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = PARENT[:-1] + "0"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def exporting(collector: Collector) -> Iterator[Callable[..., OtelTelemetry]]:
    opened: list[OtelTelemetry] = []

    def begin(**more: object) -> OtelTelemetry:
        opened.append(OtelTelemetry(Export(collector.url, {"service.name": "orders"}, **more)))  # type: ignore[arg-type]
        return opened[-1]

    yield begin
    for each in opened:
        each.close_traces()
        each.close_metrics()


def test_counters_and_histograms_say_what_has_happened_since_the_last_export(
    collector: Collector, exporting: Callable[..., OtelTelemetry]
) -> None:
    telemetry = exporting()
    for seconds in (0.2, 0.3):
        telemetry.metrics.record(RENDER_SECONDS, seconds, outcome="rendered")
    telemetry.metrics.count(EVENTS_PUBLISHED, 2)
    telemetry.metrics.show(MAIL_DAILY_QUOTA_USED, 0.5)
    telemetry.flush()
    telemetry.metrics.count(EVENTS_PUBLISHED, 3)
    telemetry.flush()
    found = [(point.metric, point.kind, point.value, point.delta) for point in collector.points]
    assert sorted(found[:3]) == [
        ("events_published", "sum", 2, True),
        ("mail_daily_quota_used", "gauge", 0.5, False),
        ("render_seconds", "exponential_histogram", 2, True),
    ]
    assert ("events_published", "sum", 3, True) in found[3:]
    assert {tuple(point.resource.items()) for point in collector.points} == {(("service.name", "orders"),)}


def test_histograms_are_sent_when_nothing_was_counted(
    collector: Collector, exporting: Callable[..., OtelTelemetry]
) -> None:
    telemetry = exporting()
    telemetry.metrics.record(RENDER_SECONDS, 0.2, outcome="rendered")
    telemetry.flush()
    telemetry.flush()
    (point,) = collector.points
    assert (point.metric, point.value, point.labels) == ("render_seconds", 1, {"outcome": "rendered"})
    assert point.resource == {"service.name": "orders"}


def test_every_metric_of_the_catalogue_can_be_sent(
    collector: Collector, exporting: Callable[..., OtelTelemetry]
) -> None:
    telemetry = exporting()
    for metric in CATALOGUE.values():
        labels = {name: "x" if isinstance(values, str) else min(values) for name, values in metric.labels.items()}
        send = {"counter": telemetry.metrics.count, "gauge": telemetry.metrics.show}.get(
            metric.kind, telemetry.metrics.record
        )
        send(metric, 1.5, **labels)
    telemetry.flush()
    sent = {point.metric: point.labels.keys() for point in collector.points}
    assert sent == {metric.name: metric.labels.keys() for metric in CATALOGUE.values()}


def test_a_span_has_its_place_in_the_trace_it_is_given(
    collector: Collector, exporting: Callable[..., OtelTelemetry]
) -> None:
    telemetry = exporting()
    tracing = telemetry.tracing
    with tracing.span("outer", kind=SpanKind.SERVER, parent=PARENT, links=[OTHER, "nonsense"]) as outer:
        assert current_traceparent.get() == outer.traceparent
        outer.rename("renamed")
        outer.note(order__id="ord_1", tries=2)
        with tracing.span("inner"):
            pass
    assert current_traceparent.get() is None
    with tracing.span("alone", parent="00-nonsense"):
        pass
    telemetry.flush()
    sent = {span.name: span for span in collector.spans}
    assert sent["renamed"].parent == "00f067aa0ba902b7"
    assert sent["renamed"].attributes == {"order.id": "ord_1", "tries": 2}
    assert sent["renamed"].links == (("a" * 32, "b" * 16),)
    assert sent["inner"].parent == sent["renamed"].span_id
    assert sent["alone"].parent == ""
    assert sent["alone"].trace_id not in {"4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32}


@pytest.mark.parametrize("share", [None, 0.0, 0.1, 1 / 3, 1.0])
def test_a_share_of_traces_is_that_which_the_sdk_keeps(share: float | None) -> None:
    ours, theirs = sampler("traceidratio", share), TraceIdRatioBased(1.0 if share is None else share)
    chance = random.Random(7)  # noqa: S311 - nobody gains by guessing it
    for trace_id in (chance.getrandbits(128) for _ in range(500)):
        kept = theirs.should_sample(None, trace_id, "x").decision is Decision.RECORD_AND_SAMPLE
        assert ours(trace_id) is kept


def test_an_error_marks_the_span_by_its_kind_alone(
    collector: Collector, exporting: Callable[..., OtelTelemetry]
) -> None:
    telemetry = exporting()
    with pytest.raises(LookupError), telemetry.tracing.span("work"):
        raise LookupError("jane@shop.example has no order")
    telemetry.flush()
    (span,) = collector.spans
    assert span.failed
    assert span.attributes == {"error.type": "LookupError"}
    assert "jane" not in "".join(collector.raw)


@pytest.mark.parametrize(
    ("name", "share", "parent", "kept"),
    [
        ("always_on", None, None, True),
        ("always_off", None, PARENT, False),
        ("parentbased_always_on", None, UNSAMPLED, False),
        ("parentbased_always_off", None, PARENT, True),
        ("parentbased_traceidratio", 0.0, None, False),
        ("parentbased_traceidratio", 0.0, PARENT, True),
        ("traceidratio", 0.0, PARENT, False),
        ("traceidratio", None, UNSAMPLED, True),
    ],
)
def test_a_sampler_decides_which_traces_are_kept(
    collector: Collector,
    exporting: Callable[..., OtelTelemetry],
    name: str,
    share: float | None,
    parent: str | None,
    kept: bool,
) -> None:
    telemetry = exporting(sampler=name, sampler_share=share)
    with telemetry.tracing.span("work", parent=parent) as span:
        sampled = int(span.traceparent[-2:], 16) & 1
        assert bool(sampled) is kept
    telemetry.flush()
    assert bool(collector.spans) is kept


async def test_a_collector_that_refuses_is_told_of_once(
    collector: Collector, caplog: pytest.LogCaptureFixture, exporting: Callable[..., OtelTelemetry]
) -> None:
    caplog.set_level("INFO", "orders")
    telemetry = exporting()
    for refusing in (True, True, False, False):
        collector.refusing = refusing
        with telemetry.tracing.span("work"):
            telemetry.metrics.count(EVENTS_PUBLISHED)
        await asyncio.to_thread(telemetry.flush)
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("orders.adapters.outbound.telemetry.export", "WARNING"),
        ("orders.adapters.outbound.telemetry.export", "INFO"),
    ]
    assert len(collector.spans) == 2


def test_a_collector_that_hangs_does_not_keep_a_process_from_ending() -> None:
    """Not by the threads that wait for it either, which a process would otherwise join at its end."""
    program = (
        "import asyncio, socket, sys\n"
        "from orders.bootstrap import telemetry\n"
        "from orders.bootstrap.config.roles import Role\n"
        "from orders.bootstrap.config.settings import load_settings\n"
        "from orders.ports.metric_catalogue import EVENTS_PUBLISHED\n"
        "telemetry.CLOSING_LIMIT_SECONDS = 0.5\n"
        "hanging = socket.create_server(('127.0.0.1', 0))\n"
        "address = f'http://127.0.0.1:{hanging.getsockname()[1]}'\n"
        "async def main():\n"
        "    settings = load_settings(otel_exporter_otlp_endpoint=address)\n"
        "    async with telemetry.open_telemetry(settings, Role.API) as opened:\n"
        "        for _ in range(3000):\n"
        "            with opened.tracing.span('work'):\n"
        "                opened.metrics.count(EVENTS_PUBLISHED)\n"
        "asyncio.run(main())\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert time.monotonic() - began < 12


async def test_what_is_left_is_sent_when_the_process_ends(collector: Collector) -> None:
    settings = load_settings(
        otel_exporter_otlp_endpoint=collector.url, otel_service_name="bbws-orders-api", revision="sha256:abc"
    )
    async with open_telemetry(settings, Role.API) as telemetry:
        with telemetry.tracing.span("work"):
            telemetry.metrics.count(EVENTS_PUBLISHED)
    assert [span.name for span in collector.spans] == ["work"]
    assert [point.metric for point in collector.points] == ["events_published"]
    assert collector.spans[0].resource == resource_attributes(settings, Role.API)
    assert collector.spans[0].resource["service.version"] == "sha256:abc"


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    program = (
        "import asyncio, json, sys\n"
        "from orders.bootstrap.config.roles import Role\n"
        "from orders.bootstrap.config.settings import load_settings\n"
        "from orders.bootstrap.server import api, worker\n"
        "from orders.bootstrap.telemetry import open_telemetry\n"
        "async def main():\n"
        "    async with open_telemetry(load_settings(), Role.API) as telemetry:\n"
        "        with telemetry.tracing.span('work'):\n"
        "            pass\n"
        "asyncio.run(main())\n"
        "print(json.dumps([name for name in sys.modules if name.partition('.')[0] in ('opentelemetry', 'requests')]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == []
