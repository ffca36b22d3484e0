"""Catalogue, emitters, collector, alarms, dashboards and runbook name the same metrics: none lacks its other end.

An alarm on a metric that nobody sends is silent for ever, and looks well.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from orders.bootstrap.config.roles import Role
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports import metric_catalogue
from orders.ports.metric_catalogue import CATALOGUE
from orders.ports.metrics import Metric
from tests.terraform import watched
from tests.terraform.aws_metrics import AWS_METRICS
from tests.terraform.figures import PLAN, ROOT
from tests.terraform.plans import EnvironmentPlan
from tests.terraform.readers.alarms import key_of
from tests.terraform.watched import Watched
from tools.metrics_table import LOG_ONLY, alarms_by_metric, widgets_by_metric

Planned = Callable[[str], EnvironmentPlan]

WATCHED_ENVIRONMENTS = ["sit", "prod"]
COLLECTOR: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "sidecars" / "collector.yaml").read_text())
DECLARATIONS = COLLECTOR["exporters"]["awsemf"]["metric_declarations"]
OF_THE_PROCESS = {each["key"] for each in COLLECTOR["processors"]["resource/labels"]["attributes"]}
"""Labels that every series has, because the collector takes them from what a process says of itself."""
CONSTANTS = {name: value for name, value in vars(metric_catalogue).items() if isinstance(value, Metric)}
SERVICES = {f"bbws-orders-{role}" for role in metric_catalogue.ALL_ROLES}
RUNBOOK = (ROOT / "docs" / "runbooks" / "alarms.md").read_text()


def looked_at(plan: EnvironmentPlan) -> list[Watched]:
    """Returns all that anything planned looks at."""
    return [*watched.of_alarms(plan), *watched.of_scaling(plan), *watched.of_dashboards(plan)]


def declared() -> Iterator[tuple[str, frozenset[str]]]:
    """Yields the metrics that the collector makes: a name of the catalogue, and a set of dimensions."""
    for declaration in DECLARATIONS:
        for name in CATALOGUE:
            if any(re.search(selector, name) for selector in declaration["metric_name_selectors"]):
                for dimensions in declaration["dimensions"]:
                    yield name, frozenset(dimensions)


# The catalogue and the code


def test_names_of_constants_are_those_of_metrics() -> None:
    assert len(CONSTANTS) == len(CATALOGUE)
    different = {constant for constant, metric in CONSTANTS.items() if constant.lower() != metric.name}
    # MAIL_FEEDBACK is a role.
    assert different == {"MAIL_FEEDBACK_RECEIVED"}


@cache
def _used() -> frozenset[str]:
    """Constants of the catalogue that modules of the service import and use, or use as attributes of its module."""
    return frozenset(
        name
        for path in sorted((ROOT / "src" / "orders").rglob("*.py"))
        for name in _used_in(ast.parse(path.read_text()))
    )


def _used_in(module: ast.Module) -> Iterator[str]:
    of, catalogue = metric_catalogue.__name__.rpartition(".")[::2]
    imported: dict[str, str] = {}
    modules: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == f"{of}.{catalogue}":
            imported |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == of:
            modules |= {each.asname or each.name for each in node.names if each.name == catalogue}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in imported:
            yield imported[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.attr


@pytest.mark.parametrize("constant", sorted(CONSTANTS))
def test_what_is_catalogued_is_emitted(constant: str) -> None:
    assert constant in _used(), "no module of the service uses it: what looks at it sees nothing"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_emitters_are_roles_that_there_are(name: str) -> None:
    workers = {queue.worker for queue in packaged_topology().queues}
    assert CATALOGUE[name].emitters
    assert CATALOGUE[name].emitters <= {*map(str, Role)} & ({"api", "relay"} | workers)


# Alarms


@pytest.mark.parametrize("environment", WATCHED_ENVIRONMENTS)
def test_each_alarm_is_of_a_line_of_the_operating_plan_and_has_its_section(planned: Planned, environment: str) -> None:
    """That each line has its alarms, with its threshold, is held by test_figures.py."""
    plan = yaml.safe_load(PLAN.read_text())
    lines = {key_of(alarm) for alarm in plan["alarms"]}
    sections = set(re.findall(r"^### (.+)$", RUNBOOK, re.MULTILINE))
    for alarm in planned(environment).all("aws_cloudwatch_metric_alarm"):
        name = watched.alarm_name(alarm)
        line = name.split(":")[0]
        assert line in lines | {"release"}, name
        assert line in sections, name
        assert "docs/runbooks/alarms.md" in alarm["alarm_description"], name


@pytest.mark.parametrize(("environment", "both"), [("sit", False), ("prod", True)])
def test_each_dead_letter_queue_pages_and_in_production_opens_a_ticket(
    planned: Planned, environment: str, both: bool
) -> None:
    topology, plan = packaged_topology(), planned(environment)
    queues = {f"{queue.name}-dlq-{environment}" for queue in topology.queues}
    queues |= {f"{rule.dead_letter_queue}-{environment}" for rule in topology.rules}
    assert len(queues) == 13
    for place in plan.places:
        found: dict[str, list[str]] = {"dead-letter depth": [], "dead-letter depth, page": []}
        for alarm in plan.all("aws_cloudwatch_metric_alarm", place):
            line = watched.alarm_name(alarm).split(":")[0]
            if line in found:
                found[line] += [str(each.dimensions["QueueName"]) for each in watched.of_alarm(alarm)]
        assert sorted(found["dead-letter depth, page"]) == sorted(queues)
        assert sorted(found["dead-letter depth"]) == (sorted(queues) if both else [])


@pytest.mark.parametrize("environment", WATCHED_ENVIRONMENTS)
def test_each_alarm_tells_somebody_in_one_way(planned: Planned, environment: str) -> None:
    """By itself, or by the composite alarm on it; ECS asks for those of releases."""
    plan = planned(environment)
    composed = {
        place: {each["alarm_rule"] for each in plan.all("aws_cloudwatch_composite_alarm", place)}
        for place in plan.places
    }
    for place in plan.places:
        for alarm in plan.all("aws_cloudwatch_metric_alarm", f"{place}.module.monitoring"):
            ways = [bool(alarm["alarm_actions"]), f'ALARM("{alarm["alarm_name"]}")' in composed[place]]
            expected = 0 if watched.alarm_name(alarm).startswith("release: ") else 1
            assert sum(ways) == expected, alarm["address"]


# Metrics of our own


@pytest.mark.parametrize("environment", WATCHED_ENVIRONMENTS)
def test_own_metrics_are_catalogued_and_have_the_labels(planned: Planned, environment: str) -> None:
    found = [each for each in looked_at(planned(environment)) if each.own]
    assert len({each.name for each in found}) > 10
    for each in found:
        assert each.name in CATALOGUE, each
        labels = CATALOGUE[each.name].labels
        assert each.dimensions.keys() <= labels.keys() | OF_THE_PROCESS, each
        for label, value in each.dimensions.items():
            values = labels.get(label, "")
            assert value is None or isinstance(values, str) or value in values, each
        assert each.dimensions.get("service") in {None, *SERVICES}, each


@pytest.mark.parametrize("environment", WATCHED_ENVIRONMENTS)
def test_what_is_looked_at_is_sent_by_the_role_that_it_is_looked_for_at(planned: Planned, environment: str) -> None:
    for each in looked_at(planned(environment)):
        service = each.dimensions.get("service") if each.own else None
        if service is not None:
            assert service.removeprefix("bbws-orders-") in CATALOGUE[each.name].emitters, each


def test_the_collector_makes_what_is_looked_at_and_nothing_else(planned: Planned) -> None:
    """Production looks at all; each metric costs."""
    made, wanted = set(declared()), _own(planned("prod"))
    assert (made - wanted, wanted - made) == (set(), set())
    assert _own(planned("sit")) <= made


def _own(plan: EnvironmentPlan) -> set[tuple[str, frozenset[str]]]:
    return {(each.name, frozenset(each.dimensions)) for each in looked_at(plan) if each.own}


def test_each_of_the_collectors_selectors_is_a_metric() -> None:
    for declaration in DECLARATIONS:
        for selector in declaration["metric_name_selectors"]:
            names = re.fullmatch(r"\^\(?([\w|]+)\)?\$", selector)
            assert names is not None
            assert names[1].split("|") == [name for name in names[1].split("|") if name in CATALOGUE], selector


def test_the_page_of_metrics_says_what_is_planned(planned: Planned) -> None:
    plan = planned("prod")
    alarms: dict[str, set[str]] = {}
    for each in watched.of_alarms(plan):
        if each.own:
            line = each.by if each.by.startswith("release: ") else each.by.split(":")[0]
            alarms.setdefault(each.name, set()).add(line)
    widgets: dict[str, set[str]] = {}
    for each in watched.of_dashboards(plan):
        if each.own:
            widgets.setdefault(each.name, set()).add(each.by)
    assert {name: set(found) for name, found in alarms_by_metric().items()} == alarms
    assert {name: set(found) for name, found in widgets_by_metric().items()} == widgets
    assert CATALOGUE.keys() - alarms.keys() - widgets.keys() == LOG_ONLY.keys()


# Metrics of AWS


@pytest.mark.parametrize("environment", WATCHED_ENVIRONMENTS)
def test_metrics_of_aws_are_as_its_pages_have_them(planned: Planned, environment: str) -> None:
    found = [each for each in looked_at(planned(environment)) if not each.own]
    wrong = [
        each
        for each in found
        if (each.namespace, each.name) not in AWS_METRICS
        or frozenset(each.dimensions) not in AWS_METRICS[each.namespace, each.name].dimensions
    ]
    assert wrong == []


def test_no_metric_of_aws_is_listed_that_nothing_looks_at(planned: Planned) -> None:
    found = {(each.namespace, each.name) for name in ("sit", "prod") for each in looked_at(planned(name))}
    assert AWS_METRICS.keys() - found == set()


# X-Ray


def test_insights_are_told_of_by_the_events_that_x_ray_sends(planned: Planned) -> None:
    """An event of the type has the insight as its detail: GroupName and State among its fields, ACTIVE or CLOSED.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-xray.html names the event and its source,
    https://docs.aws.amazon.com/xray/latest/api/API_Insight.html the fields and their values;
    https://docs.aws.amazon.com/xray/latest/devguide/xray-console-insights.html has a pattern by State, in capitals as
    the interface has it. Both notices and insights have to be on; a group's name has 32 characters at most.
    """
    plan = planned("prod")
    for place in plan.places:
        group = plan.one("aws_xray_group", place)
        assert group["insights_configuration"] == [{"insights_enabled": True, "notifications_enabled": True}]
        assert len(group["group_name"]) <= 32
        rule = plan.one("aws_cloudwatch_event_rule", place, name="bbws-orders-trace-anomalies-prod")
        assert yaml.safe_load(rule["event_pattern"]) == {
            "source": ["aws.xray"],
            "detail-type": ["AWS X-Ray Insight Update"],
            "detail": {"GroupName": [group["group_name"]], "State": ["ACTIVE"]},
        }
        [looked] = [
            each
            for alarm in plan.all("aws_cloudwatch_metric_alarm", place)
            for each in watched.of_alarm(alarm)
            if each.by == "trace anomalies"
        ]
        assert looked.dimensions == {"RuleName": rule["name"]}
