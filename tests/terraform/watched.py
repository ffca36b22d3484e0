"""What is planned to look at metrics: alarms, scaling and dashboards, each as the metrics that it looks at."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.terraform.plans import EnvironmentPlan, Values

LITERAL = re.compile(r"\.module\.monitoring\.aws_cloudwatch_metric_alarm\.(this|scales_out|release)\[\"(.*)\"\]$")
SEARCH = re.compile(r"SEARCH\('\{([^,}]+),([^}]*)\} MetricName=\"(\w+)\"")


class Watched(NamedTuple):
    """A metric that something looks at.

    Attributes:
        by: the alarm, widget or policy.
        dimensions: names with values; a value is None where all are searched for, or an apply has yet to say it.
    """

    by: str
    namespace: str
    name: str
    dimensions: dict[str, str | None]

    @property
    def own(self) -> bool:
        """Tells the service's own metrics from those of AWS."""
        return not self.namespace.startswith(("AWS/", "ECS/"))


def alarm_name(alarm: Values) -> str:
    """Returns the name of an alarm in its catalogue, with what it is of behind a colon: ``release: error rate``."""
    found = LITERAL.search(f".{alarm['address']}")
    if found is None:
        return "health check failed"
    return f"release: {found[2]}" if found[1] == "release" else found[2]


def of_alarm(alarm: Values) -> Iterator[Watched]:
    """Yields the metrics of one alarm."""
    name = alarm_name(alarm)
    if alarm.get("metric_name"):
        yield Watched(name, alarm["namespace"], alarm["metric_name"], dict(alarm["dimensions"] or {}))
    for query in alarm.get("metric_query") or []:
        for metric in query["metric"]:
            yield Watched(name, metric["namespace"], metric["metric_name"], dict(metric["dimensions"] or {}))


def of_alarms(plan: EnvironmentPlan) -> list[Watched]:
    """Returns what all alarms look at."""
    unknown = {
        each["address"]: dict.fromkeys(_unknown_dimensions(each["change"]["after_unknown"]))
        for each in plan.raw["resource_changes"]
        if each["type"] == "aws_cloudwatch_metric_alarm" and each["mode"] == "managed"
    }
    return [
        each._replace(dimensions={**unknown[alarm["address"]], **each.dimensions})
        for alarm in plan.all("aws_cloudwatch_metric_alarm")
        for each in of_alarm(alarm)
    ]


def _unknown_dimensions(unknown: Values) -> Iterator[str]:
    """Yields names of dimensions whose values an apply has yet to say; alarms on several metrics have none."""
    yield from unknown.get("dimensions") or {}
    for query in unknown.get("metric_query") or []:
        for metric in query.get("metric") or []:
            yield from metric.get("dimensions") or {}


def of_scaling(plan: EnvironmentPlan) -> list[Watched]:
    """Returns what tasks are added by."""
    return [
        Watched(
            "scaling", metric["namespace"], metric["metric_name"], {d["name"]: d["value"] for d in metric["dimensions"]}
        )
        for policy in plan.all("aws_appautoscaling_policy")
        for tracking in policy["target_tracking_scaling_policy_configuration"]
        for customized in tracking["customized_metric_specification"]
        for each in customized["metrics"]
        for stat in each["metric_stat"]
        for metric in stat["metric"]
    ]


def bodies(plan: EnvironmentPlan) -> dict[str, dict[str, Any]]:
    """Returns the dashboards' bodies by name."""
    return {each["dashboard_name"]: json.loads(each["dashboard_body"]) for each in plan.all("aws_cloudwatch_dashboard")}


def of_dashboards(plan: EnvironmentPlan) -> list[Watched]:
    """Returns what all widgets show."""
    return [each for body in bodies(plan).values() for widget in body["widgets"] for each in of_widget(widget)]


def of_widget(widget: dict[str, Any]) -> Iterator[Watched]:
    """Yields the metrics of one widget; those of an expression are among its lines, or searched for."""
    title = widget["properties"]["title"]
    for line in widget["properties"]["metrics"]:
        texts = [each for each in line if isinstance(each, str)]
        if texts:
            yield Watched(title, texts[0], texts[1], dict(zip(texts[2::2], texts[3::2], strict=True)))
        for namespace, labels, name in SEARCH.findall(line[-1].get("expression", "") if not texts else ""):
            yield Watched(title, namespace, name, dict.fromkeys(labels.split(",")))
