"""The contract of ``RecentFigures``: metrics of this process, of another one on this machine, of CloudWatch."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import yaml
from aiohttp import web

from orders.adapters.outbound.aws.cloudwatch_figures import COUNTS, DURATIONS, CloudWatchRecentFigures
from orders.adapters.outbound.catalog_http.client import open_session
from orders.adapters.outbound.local.service_figures import ServiceFigures
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.recent_figures import MemoryRecentFigures
from orders.adapters.wire.overview_body import overview_body
from orders.application.operations.read_overview import Overview
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.metric_catalogue import (
    ERRORS,
    EVENTS_PUBLISHED,
    MAILS,
    ORDERS_CREATED,
    REQUEST_SECONDS,
    REQUESTS,
)
from orders.ports.metrics import Metric
from orders.ports.recent_figures import REQUEST_GROUPS, Figures, LoggedError, RecentFigures
from tests.contract.endpoints import Endpoint
from tests.support.builders import NOON
from tests.support.ports import free_port
from tests.terraform.figures import ROOT

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)
"""A time of its own: asked for a metric with dimensions, moto does not look at the namespace."""

LOGGED = LoggedError(NOON, "error", "orders.relay", "order ord_1 is passed over", count=3)


@dataclass
class World:
    """A source, and a way to make the service busy: 40 requests, 2 of which failed, 3 orders and 6 events."""

    source: RecentFigures
    work: Callable[[], Awaitable[None]]


def labels_of(metric: Metric, **known: str) -> dict[str, str]:
    """All labels that the catalogue has for the metric."""
    return {name: known.get(name, "x") for name in metric.labels}


def be_busy(metrics: MemoryMetrics) -> None:
    metrics.count(REQUESTS, 38, **labels_of(REQUESTS, answer="2xx"))
    metrics.count(REQUESTS, 2, **labels_of(REQUESTS, answer="5xx"))
    metrics.count(ERRORS, 2, **labels_of(ERRORS))
    metrics.count(ORDERS_CREATED, 3, **labels_of(ORDERS_CREATED))
    metrics.count(EVENTS_PUBLISHED, 6, **labels_of(EVENTS_PUBLISHED))


def memory_world() -> World:
    metrics = MemoryMetrics()

    async def work() -> None:
        be_busy(metrics)

    return World(MemoryRecentFigures(metrics, FixedClock(NOON), lambda: (LOGGED,)), work)


@asynccontextmanager
async def service_world() -> AsyncIterator[World]:
    beneath = memory_world()

    async def answer(_: web.Request) -> web.Response:
        body = overview_body(Overview(NOON, (), (), (), await beneath.source.read(), ()))
        return web.json_response(body)

    async with served("/local/top.json", answer) as url, open_session() as session:
        yield World(ServiceFigures(session, lambda: url), beneath.work)


@asynccontextmanager
async def served(path: str, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_get(path, answer)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def cloudwatch_of(
    client: Any, namespace: str, queues: dict[str, str] | None = None, *, now: datetime = NOW
) -> CloudWatchRecentFigures:
    return CloudWatchRecentFigures(
        client, FixedClock(now), queues or {}, errors_are_in="elsewhere", namespace=namespace
    )


async def put(
    client: Any, namespace: str, name: str, values: list[float], dimensions: dict[str, str], *, now: datetime = NOW
) -> None:
    """Puts a value for each of the minutes before the last two, the latest first."""
    described = [{"Name": each, "Value": value} for each, value in dimensions.items()]
    data = [
        {"MetricName": name, "Dimensions": described, "Value": value, "Timestamp": now - timedelta(minutes=2 + place)}
        for place, value in enumerate(values)
    ]
    await client.put_metric_data(Namespace=namespace, MetricData=data)


@asynccontextmanager
async def cloudwatch_world(endpoint: Endpoint) -> AsyncIterator[World]:
    namespace = f"Test/{uuid4().hex[:12]}"
    async with endpoint.client("cloudwatch") as client:

        async def work() -> None:
            for query, values in (
                (COUNTS["requests"], [30.0, 10.0]),
                (COUNTS["errors"], [2.0]),
                (COUNTS["orders_created"], [1.0, 2.0]),
                (COUNTS["events_published"], [6.0]),
            ):
                await put(client, namespace, query.name, values, dict(query.dimensions))

        yield World(cloudwatch_of(client, namespace), work)


@pytest.fixture(params=["memory", "service", "cloudwatch"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield memory_world()
        return
    opened = (
        service_world() if request.param == "service" else cloudwatch_world(request.getfixturevalue("moto_endpoint"))
    )
    async with opened as found:
        yield found


async def test_what_was_counted_in_the_span_is_summed_up(world: World) -> None:
    before = await world.source.read()
    assert not before.requests
    assert before.error_rate is None
    await world.work()
    found = await world.source.read()
    assert (found.requests, found.errors, found.orders_created, found.events_published) == (40, 2, 3, 6)
    assert found.error_rate == 0.05


async def test_errors_are_listed_or_it_is_said_where_they_are(world: World) -> None:
    found = await world.source.read()
    assert found.last_errors == (LOGGED,) if found.errors_are_in is None else found.last_errors is None


def test_rates_are_per_minute_of_the_span() -> None:
    figures = Figures(span=timedelta(minutes=5), requests=40)
    assert figures.per_minute(figures.requests) == 8
    assert figures.per_minute(None) is None
    assert Figures(span=timedelta()).per_minute(3) is None


async def test_in_memory_only_the_last_minutes_count() -> None:
    metrics, clock = MemoryMetrics(), FixedClock(NOON)
    figures = MemoryRecentFigures(metrics, clock, span=timedelta(minutes=5))
    be_busy(metrics)
    metrics.count(MAILS, 4, **labels_of(MAILS, outcome="sent"))
    metrics.count(MAILS, 9, **labels_of(MAILS, outcome="skipped"))
    clock.advance(timedelta(minutes=1))
    early = await figures.read()
    assert (early.span, early.requests, early.mails_sent) == (timedelta(minutes=1), 40, 4)
    for _ in range(60):
        await figures.sample()
        clock.advance(timedelta(seconds=5))
    metrics.count(ERRORS, **labels_of(ERRORS))
    late = await figures.read()
    assert (late.span, late.requests, late.errors) == (timedelta(minutes=5), 0, 1)


async def test_in_memory_durations_are_those_of_each_group() -> None:
    metrics = MemoryMetrics()
    for hundredths in range(1, 101):
        metrics.record(REQUEST_SECONDS, hundredths / 100, **labels_of(REQUEST_SECONDS, group="read"))
    metrics.record(REQUEST_SECONDS, 3, **labels_of(REQUEST_SECONDS, group="create"))
    metrics.record(REQUEST_SECONDS, 4, **labels_of(REQUEST_SECONDS, group="change"))
    figures = MemoryRecentFigures(metrics, FixedClock(NOON))
    assert (await figures.read()).p95_seconds == {}, "nobody has asked for anything lately"
    metrics.count(REQUESTS, operation="get_order", answer="2xx")
    found = await figures.read()
    assert list(found.p95_seconds.items()) == [("create", 3), ("read", 0.95), ("change", 4)]


async def test_metrics_out_of_reach_are_a_passing_failure() -> None:
    figures = MemoryRecentFigures(MemoryMetrics(), FixedClock(NOON))
    figures.reachable = False
    with pytest.raises(TransientPortError):
        await figures.read()


async def test_a_service_that_does_not_run_or_answer_is_a_passing_failure() -> None:
    async with open_session() as session:
        with pytest.raises(TransientPortError, match="none runs"):
            await ServiceFigures(session, lambda: None).read()
        with pytest.raises(TransientPortError, match=r"ClientConnectorError.* at http"):
            await ServiceFigures(session, lambda: "http://127.0.0.1:9").read()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, '{"figures": null}', TransientPortError),
        (200, "{}", PermanentPortError),
        (200, '{"figures": {"last_errors": 3}}', PermanentPortError),
        (200, "<html>", PermanentPortError),
        (200, "[]", PermanentPortError),
        (404, "{}", PermanentPortError),
    ],
)
async def test_what_is_no_overview_is_no_passing_failure(status: int, body: str, error: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    async with served("/local/top.json", answer) as url, open_session() as session:
        with pytest.raises(error):
            await ServiceFigures(session, lambda: url).read()


async def test_cloudwatch_tells_the_age_of_messages_and_of_a_quiet_counter_that_it_is_zero(
    moto_endpoint: Endpoint,
) -> None:
    namespace, queue = f"Test/{uuid4().hex[:12]}", f"queue-{uuid4().hex[:12]}"
    async with moto_endpoint.client("cloudwatch") as client:
        await put(client, namespace, "requests", [5.0], dict(COUNTS["requests"].dimensions), now=YESTERDAY)
        await put(
            client, "AWS/SQS", "ApproximateAgeOfOldestMessage", [130.0, 70.0], {"QueueName": queue}, now=YESTERDAY
        )
        queues = {"pdf-creator": queue, "mail-feedback": f"{queue}-other"}
        found = await cloudwatch_of(client, namespace, queues, now=YESTERDAY).read()
    assert found.oldest_message_seconds == {"pdf-creator": 130}
    assert (found.requests, found.errors, found.orders_created, found.mails_sent) == (5, 0, 0, None)
    assert found.p95_seconds == {}


async def test_cloudwatchs_durations_are_those_of_the_slowest_minute() -> None:
    class Answering:
        """What CloudWatch answers: moto knows no percentiles."""

        async def get_metric_data(self, **asked: Any) -> dict[str, Any]:
            places = {
                query["Id"]: query["MetricStat"]["Metric"]["Dimensions"][-1]["Value"]
                for query in asked["MetricDataQueries"]
                if query["MetricStat"]["Stat"] == "p95"
            }
            values = {"create": [0.5, 2.5, 1.0], "read": [0.1]}
            return {"MetricDataResults": [{"Id": each, "Values": values.get(of, [])} for each, of in places.items()]}

    found = await cloudwatch_of(Answering(), "Test").read()
    assert found.p95_seconds == {"create": 2.5, "read": 0.1}


async def test_cloudwatch_out_of_reach_is_a_passing_failure() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("cloudwatch") as client:
        with pytest.raises(TransientPortError, match="CloudWatch"):
            await cloudwatch_of(client, "Test").read()


def test_groups_are_those_of_the_catalogue() -> None:
    groups = REQUEST_SECONDS.labels.get("group")
    if groups is not None and not isinstance(groups, str):
        assert groups == set(REQUEST_GROUPS)


def test_cloudwatch_is_asked_for_what_the_collector_gives_it() -> None:
    collector = yaml.safe_load((ROOT / "deploy" / "sidecars" / "collector.yaml").read_text())
    declared = {
        (name, frozenset(labels))
        for declaration in collector["exporters"]["awsemf"]["metric_declarations"]
        for selector in declaration["metric_name_selectors"]
        for name in selector.strip("^$()").split("|")
        for labels in declaration["dimensions"]
    }
    queries = [*COUNTS.values(), *DURATIONS.values()]
    assert [each for each in queries if (each.name, frozenset(each.dimensions)) not in declared] == []
