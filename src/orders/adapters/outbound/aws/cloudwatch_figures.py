"""Recent figures from CloudWatch. Contract: ports/recent_figures.py.

Only what ``deploy/sidecars/collector.yaml`` gives CloudWatch as a metric can be asked for. The log's errors are in
CloudWatch Logs, and are not read here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import translated
from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.clock import Clock
from orders.ports.errors import PermanentPortError
from orders.ports.metric_catalogue import ERRORS, EVENTS_PUBLISHED, ORDERS_CREATED, REQUEST_SECONDS, REQUESTS
from orders.ports.metrics import Metric
from orders.ports.recent_figures import REQUEST_GROUPS, Figures

NAMESPACE = "BBWS/Orders"
"""The namespace of the service's own metrics, unless Terraform is given another."""

API = {"service": "bbws-orders-api"}
SPAN = timedelta(minutes=5)
PERIOD = timedelta(minutes=1)
LATENCY = timedelta(minutes=1)
"""The collector sends a minute's metrics at its end: the current minute and the one before are not complete."""

_DEPENDENCY = "CloudWatch"


class CloudWatchClient(Protocol):
    """The part of CloudWatch's client that is used; its answers are as the API has them."""

    async def get_metric_data(self, **parameters: Any) -> Any:
        """See https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """A metric with the exact dimensions that CloudWatch has it under, and a statistic of each minute."""

    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    namespace: str | None = None


def _own(metric: Metric, statistic: str = "Sum", /, **dimensions: str) -> Query:
    return Query(metric.name, dimensions, statistic)


COUNTS = {
    "requests": _own(REQUESTS, **API),
    "errors": _own(ERRORS, **API),
    "orders_created": _own(ORDERS_CREATED),
    "events_published": _own(EVENTS_PUBLISHED),
}
DURATIONS = {group: _own(REQUEST_SECONDS, "p95", **API, group=group) for group in REQUEST_GROUPS}


class CloudWatchRecentFigures:
    """``RecentFigures`` of one environment and region, from one call of GetMetricData.

    A figure that CloudWatch has no data for is 0 if requests were counted in that time, else not known. p95 is that of
    the slowest minute.
    """

    def __init__(
        self,
        client: CloudWatchClient,
        clock: Clock,
        queue_names: Mapping[str, str],
        *,
        errors_are_in: str,
        namespace: str = NAMESPACE,
    ) -> None:
        """``queue_names`` by worker, for the ages of their messages, which SQS tells CloudWatch alone."""
        self._errors_are_in = errors_are_in
        self._client = client
        self._clock = clock
        self._namespace = namespace
        self._ages = {
            worker: Query("ApproximateAgeOfOldestMessage", {"QueueName": name}, "Maximum", "AWS/SQS")
            for worker, name in queue_names.items()
        }

    async def read(self) -> Figures:
        """See ``RecentFigures.read``."""
        end = _whole_minute(self._clock.now() - LATENCY)
        values = await self._values([*COUNTS.values(), *DURATIONS.values(), *self._ages.values()], end)
        counts = {name: next(values) for name in COUNTS}
        durations = {group: next(values) for group in DURATIONS}
        ages = {worker: next(values) for worker in self._ages}
        # A counter that nothing was added to since the processes' start is not sent at all.
        absent = 0.0 if counts["requests"] else None
        return Figures(
            span=SPAN,
            requests=sum(counts["requests"]) if counts["requests"] else None,
            errors=sum(counts["errors"]) if counts["errors"] else absent,
            orders_created=sum(counts["orders_created"]) if counts["orders_created"] else absent,
            events_published=sum(counts["events_published"]) if counts["events_published"] else absent,
            p95_seconds={group: max(found) for group, found in durations.items() if found},
            oldest_message_seconds={worker: found[0] for worker, found in ages.items() if found},
            errors_are_in=self._errors_are_in,
        )

    async def _values(self, queries: Sequence[Query], end: datetime) -> Iterator[Sequence[float]]:
        """Returns each query's values by minute, the latest first."""
        try:
            with translated(_DEPENDENCY):
                answer = await self._client.get_metric_data(
                    MetricDataQueries=[self._described(place, query) for place, query in enumerate(queries)],
                    StartTime=end - SPAN,
                    EndTime=end,
                    ScanBy="TimestampDescending",
                )
        except (BotoCoreError, ClientError) as error:
            raise PermanentPortError(_DEPENDENCY, safe_error_text(error)) from error
        found = {each["Id"]: each["Values"] for each in answer.get("MetricDataResults", ())}
        return iter([found.get(f"m{place}", []) for place in range(len(queries))])

    def _described(self, place: int, query: Query) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions.items()]
        metric = {"Namespace": query.namespace or self._namespace, "MetricName": query.name, "Dimensions": dimensions}
        statistic = {"Metric": metric, "Period": int(PERIOD.total_seconds()), "Stat": query.statistic}
        return {"Id": f"m{place}", "MetricStat": statistic}


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
