"""The collector beside the tasks gives CloudWatch the metrics that alarms and scaling look at, by their dimensions."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.terraform.figures import ROOT
from tests.terraform.plans import EnvironmentPlan

Metric = tuple[str, frozenset[str]]

CONFIGURATION: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "sidecars" / "collector.yaml").read_text())


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_what_is_looked_at_is_declared_by_name_and_dimensions(
    planned: Callable[[str], EnvironmentPlan], environment: str
) -> None:
    plan = planned(environment)
    looked_at = {*_of_alarms(plan), *_of_scaling(plan), *_of_dashboards(plan)}
    assert len(looked_at) > 15
    assert sorted((name, sorted(labels)) for name, labels in looked_at if not _is_declared(name, labels)) == []


def test_every_processor_is_in_a_pipeline_and_has_what_comes_before_it() -> None:
    pipelines = CONFIGURATION["service"]["pipelines"]
    used = {name for pipeline in pipelines.values() for name in pipeline["processors"]}
    assert used == CONFIGURATION["processors"].keys()
    for pipeline in pipelines.values():
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1].startswith("batch/")


def test_labels_come_from_what_a_process_says_of_itself() -> None:
    labels = {
        each["key"]: each["from_attribute"] for each in CONFIGURATION["processors"]["resource/labels"]["attributes"]
    }
    assert labels == {"service": "service.name", "revision": "service.version"}
    assert CONFIGURATION["exporters"]["awsemf"]["resource_to_telemetry_conversion"] == {"enabled": True}


def _of_alarms(plan: EnvironmentPlan) -> Iterator[Metric]:
    """Our own metrics that alarms look at: of one metric, or of several that are reckoned together."""
    for alarm in plan.all("aws_cloudwatch_metric_alarm"):
        if _is_own(alarm.get("namespace")):
            yield alarm["metric_name"], frozenset(alarm["dimensions"] or {})
        for query in alarm.get("metric_query") or []:
            for metric in query["metric"]:
                if _is_own(metric["namespace"]):
                    yield metric["metric_name"], frozenset(metric["dimensions"] or {})


def _of_scaling(plan: EnvironmentPlan) -> Iterator[Metric]:
    for policy in plan.all("aws_appautoscaling_policy"):
        for tracking in policy["target_tracking_scaling_policy_configuration"]:
            for customized in tracking["customized_metric_specification"]:
                for each in customized["metrics"]:
                    for stat in each["metric_stat"]:
                        for metric in stat["metric"]:
                            if _is_own(metric["namespace"]):
                                yield metric["metric_name"], frozenset(one["name"] for one in metric["dimensions"])


def _of_dashboards(plan: EnvironmentPlan) -> Iterator[Metric]:
    for dashboard in plan.all("aws_cloudwatch_dashboard"):
        for widget in json.loads(dashboard["dashboard_body"])["widgets"]:
            for line in widget["properties"].get("metrics", []):
                texts = [each for each in line if isinstance(each, str)]
                if texts and _is_own(texts[0]):
                    yield texts[1], frozenset(texts[2::2])
        for labels, name in re.findall(
            r"SEARCH\('\{BBWS[^,}]*,([^}]*)\} MetricName=\\+\"(\w+)", dashboard["dashboard_body"]
        ):
            yield name, frozenset(labels.split(","))


def _is_own(namespace: str | None) -> bool:
    return not (namespace or "AWS/").startswith(("AWS/", "ECS/"))


def _is_declared(name: str, labels: frozenset[str]) -> bool:
    return any(
        labels == set(dimensions)
        for declaration in CONFIGURATION["exporters"]["awsemf"]["metric_declarations"]
        if any(re.search(selector, name) for selector in declaration["metric_name_selectors"])
        for dimensions in declaration["dimensions"]
    )
