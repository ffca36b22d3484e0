"""Where the plan's alarms are found: each by what it watches, with its threshold, its level and whom it tells."""

import re
from functools import cache
from typing import Any

import yaml

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.figures import NOT_HERE, PLAN, Figure, figure
from tests.terraform.plans import EnvironmentPlan, Values

DECLARED = yaml.safe_load(PLAN.read_text())["alarms"]
NAMES = {
    "trace anomalies (X-Ray insights)": "trace anomalies",
    "dead-letter depth@page": "dead-letter depth, page",
}
"""Names in the catalogue that are not those of the operating plan."""
ONE_REGION_LACKS = {
    "table replication latency ms", "bucket replication behind", "minutes without a writer", "writers",
    "lease age seconds", "standby not ready", "primary confirmed alone",
}  # fmt: skip


@cache
def declared(place: int) -> dict[str, Any]:
    """Returns an alarm of the operating plan."""
    found: dict[str, Any] = DECLARED[place]
    return found


def key_of(alarm: dict[str, Any]) -> str:
    """Returns the name that Terraform's catalogue knows an alarm by."""
    name = str(alarm["name"])
    return NAMES.get(f"{name}@{alarm.get('severity')}", NAMES.get(name, name))


def of(plan: EnvironmentPlan, place: int) -> list[Values]:
    """Returns the planned alarms of a line: several where there are several of what it watches."""
    alarm = declared(place)
    if alarm["name"] == "health check failed":
        return plan.all("aws_cloudwatch_metric_alarm", "dns")
    found = []
    for each in plan.all("aws_cloudwatch_metric_alarm"):
        named = re.search(
            r'\.module\.monitoring\.aws_cloudwatch_metric_alarm\.(?:this|scales_out)\["(.*)"\]$', f".{each['address']}"
        )
        if named and named[1].split(":")[0] == key_of(alarm):
            found.append(each)
    return found


def planned_somewhere(plan: EnvironmentPlan, place: int) -> bool:
    """Returns whether an alarm has to be there: dev has none, sit the critical ones, one region none of two."""
    alarm = declared(place)
    if plan.environment == "prod":
        return True
    return plan.environment == "sit" and bool(alarm.get("critical")) and alarm["name"] not in ONE_REGION_LACKS


@figure("alarms.*.*")
def _alarm(plan: EnvironmentPlan, figure: Figure) -> Any:
    place, what = int(figure.keys[1]), figure.keys[2]
    alarm, found = declared(place), of(plan, place)
    assert bool(found) is planned_somewhere(plan, place), alarm["name"]
    if not found:
        return NOT_HERE
    return READ[what](alarm, found)


def _name(alarm: dict[str, Any], found: list[Values]) -> Any:
    topology = packaged_topology()
    dead_letter_queues = len(topology.queues) + len(topology.rules)
    regions = len({each["address"].split(".")[1] for each in found})
    number = {
        "dead-letter depth": dead_letter_queues,
        "rule target failures": len(topology.rules),
        "oldest message seconds": len(topology.queues),
        "bucket replication behind": len(topology.buckets),
        # Of reads, and of writes.
        "table throttles": 2,
    }
    if alarm["name"] != "health check failed":
        assert len(found) == regions * number.get(alarm["name"], 1)
    return alarm["name"]


def _threshold(comparison: str) -> Any:
    def read(_: dict[str, Any], found: list[Values]) -> Any:
        assert {each["comparison_operator"] for each in found} == {comparison}
        (threshold,) = {each["threshold"] for each in found}
        return threshold

    return read


def _severity(_: dict[str, Any], found: list[Values]) -> Any:
    (severity,) = {each["tags"]["Severity"] for each in found}
    return severity


def _window(_: dict[str, Any], found: list[Values]) -> Any:
    periods = {
        one["metric"][0]["period"] * each["evaluation_periods"]
        for each in found
        for one in each["metric_query"]
        if one["metric"]
    }
    (seconds,) = periods
    return seconds


def _region(_: dict[str, Any], found: list[Values]) -> Any:
    (region,) = {each["region"] for each in found}
    return region


def _scaling(_: dict[str, Any], found: list[Values]) -> Any:
    (scales,) = {each["tags"].get("Also") for each in found}
    return scales


READ = {
    "name": _name,
    "over": _threshold("GreaterThanThreshold"),
    "under": _threshold("LessThanThreshold"),
    "over_minutes": lambda alarm, found: _threshold("GreaterThanThreshold")(alarm, found) / 60,
    "critical": lambda _, found: all(each["tags"]["Critical"] == "true" for each in found),
    "severity": _severity,
    "window_seconds": _window,
    "region": _region,
    "also": _scaling,
}
