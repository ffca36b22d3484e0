"""The collector's configuration is one that it takes, and says of each task which it is.

That it makes the metrics that alarms, dashboards and scaling look at, and no others, is held by
test_telemetry_joined.py.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from orders.ports.metric_catalogue import ALL_ROLES, CATALOGUE
from tests.terraform.collector_schema import Collector
from tests.terraform.figures import ROOT
from tests.terraform.plans import EnvironmentPlan

CONFIGURATION: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "sidecars" / "collector.yaml").read_text())
EXPORTER = CONFIGURATION["exporters"]["awsemf"]


def test_it_has_only_keys_that_its_components_know() -> None:
    assert Collector.model_validate(CONFIGURATION).model_fields_set == CONFIGURATION.keys()


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("receivers.otlp.protocols.http.endpoint", "0.0.0.0:4318"),
        ("processors.memory_limiter.limit_mb", 90),
        ("processors.memory_limiter.spike_limit_mib", 75),
        ("processors.batch/metrics.timeout", "5"),
        ("exporters.awsemf.metric_declaration", []),
        ("exporters.awsemf.dimension_rollup_option", "None"),
        ("exporters.awsxray.index_attributes", ["order.id"]),
        ("service.pipelines.logs", {"receivers": ["otlp"], "processors": [], "exporters": ["awsemf"]}),
    ],
)
def test_a_key_or_value_that_is_not_known_is_found(path: str, wrong: object) -> None:
    changed = copy.deepcopy(CONFIGURATION)
    *way, last = path.split(".")
    place = changed
    for key in way:
        place = place[key]
    place[last] = wrong
    with pytest.raises(ValidationError):
        Collector.model_validate(changed)


def test_everything_that_is_configured_is_in_a_pipeline_in_its_order() -> None:
    pipelines = CONFIGURATION["service"]["pipelines"]
    for kind in ("receivers", "processors", "exporters"):
        assert {name for pipeline in pipelines.values() for name in pipeline[kind]} == CONFIGURATION[kind].keys()
    for pipeline in pipelines.values():
        # The limiter's page: first. The batcher's: after it and whatever drops or adds.
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1].startswith("batch/")


def test_labels_come_from_what_a_process_says_of_itself() -> None:
    labels = {
        each["key"]: each["from_attribute"] for each in CONFIGURATION["processors"]["resource/labels"]["attributes"]
    }
    assert labels == {"service": "service.name", "revision": "service.version"}
    assert EXPORTER["resource_to_telemetry_conversion"] == {"enabled": True}


def test_a_metric_of_several_series_is_told_of_by_few_dimensions() -> None:
    """What callers or events have in great number stays in the log group: an operation is no dimension."""
    dimensions = {name for each in EXPORTER["metric_declarations"] for names in each["dimensions"] for name in names}
    assert dimensions == {"service", "revision", "group", "worker", "outcome", "currency"}
    assert {name for metric in CATALOGUE.values() for name in metric.labels} > dimensions - {"service", "revision"}


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_it_stays_within_its_container(planned: Callable[[str], EnvironmentPlan], environment: str) -> None:
    """The limiter's page: a process takes about 50 MiB more than the limit; GOMEMLIMIT is 80 % of the whole."""
    limiter = CONFIGURATION["processors"]["memory_limiter"]
    found = 0
    for task in planned(environment).all("aws_ecs_task_definition"):
        for container in json.loads(task["container_definitions"] or "[]"):
            if container["name"] == "collector":
                found += 1
                variables = {each["name"]: each["value"] for each in container["environment"]}
                assert yaml.safe_load(variables["AOT_CONFIG_CONTENT"]) == CONFIGURATION
                assert variables["GOMEMLIMIT"] == f"{int(container['memory'] * 0.8) // 10 * 10}MiB"
                assert limiter["limit_mib"] + 50 <= container["memory"]
    assert found >= 8


def test_each_process_starts_after_its_collector_and_so_ecs_stops_it_before(
    planned: Callable[[str], EnvironmentPlan],
) -> None:
    """Stopped together, the last minute of counts would be lost at each deployment.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
    """
    with_one = set()
    for environment in ("sit", "prod"):
        for task in planned(environment).all("aws_ecs_task_definition"):
            containers = {each["name"]: each for each in json.loads(task["container_definitions"])}
            if "collector" in containers:
                with_one.add(task["family"])
                depends = {each["containerName"]: each["condition"] for each in containers["orders"]["dependsOn"]}
                assert depends == {"log-router": "START", "collector": "START"}, task["family"]
                assert containers["collector"]["essential"] is False
    assert with_one >= {f"bbws-orders-{role}-{name}" for role in ALL_ROLES for name in ("sit", "prod")}
