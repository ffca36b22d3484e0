"""The runbook of alarms has a section for each alarm that Terraform makes, and says its figures."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import pytest
import yaml
from botocore import xform_name

from orders.ports.metric_catalogue import ALL_ROLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runbooks/alarms.md").read_text(encoding="utf-8")
CATALOGUE = (ROOT / "deploy/terraform/modules/monitoring/catalogue.tf").read_text(encoding="utf-8")
PLAN: dict[str, Any] = yaml.safe_load((ROOT / "deploy/environments.yaml").read_text(encoding="utf-8"))

BLOCK = re.compile(r"^  (\w+_alarms)\s+= .*?(?=^  \w+\s+= |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r'"([a-z][^":]*)(?::\$\{\w+\})?" =>? merge\(local\.single')
OF_HEALTH_CHECKS = "health check failed"
"""Made by the module dns_failover."""
RELEASE = "release"
"""The section that all alarms of releases share."""

IN_THE_CATALOGUE = {
    ("dead-letter depth", "page"): "dead-letter depth, page",
    ("trace anomalies (X-Ray insights)", "ticket"): "trace anomalies",
}
"""Names of the operating plan that differ from the catalogue's."""

ROLLBACK = {
    "release: error rate": "error_rate",
    "release: create p95 seconds": "create_p95_seconds",
    "release: status change p95 seconds": "status_p95_seconds",
    "release: dead letters": "dlq_depth",
    "release: order processing failures": "processing_failures",
    "release: event publication failures": "publication_failures",
}


class Listed(NamedTuple):
    """A row of the page's table."""

    anchor: str
    threshold: str
    tells: str
    environments: str
    measured: str


def rows_of(block: str) -> dict[str, str]:
    """Rows of a block of the catalogue: the text of each by its name."""
    found = list(ROW.finditer(block))
    ends = [each.start() for each in found[1:]] + [len(block)]
    return {each[1]: block[each.end() : end] for each, end in zip(found, ends, strict=True)}


BLOCKS = {each[1]: rows_of(each[0]) for each in BLOCK.finditer(CATALOGUE) if ROW.search(each[0])}
WATCHED = {**BLOCKS["service_alarms"], **BLOCKS["aws_alarms"], **BLOCKS["two_region_alarms"]}
RELEASES = {f"release: {name}": row for name, row in BLOCKS["release_alarms"].items()}
TABLE = {
    name: Listed(anchor, threshold, tells, environments, measured)
    for name, anchor, threshold, tells, environments, measured in re.findall(
        r"^\| \[([^]]+)\]\(#([\w-]+)\) \| ([^|]+) \| [^|]+ \| (\w+) \| ([^|]+) \| (yes|no) \|$", PAGE, re.MULTILINE
    )
}
HEADINGS = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)


def figure(text: str) -> Decimal:
    """The figure of a threshold such as ``over 5 %``, ``over 5,000`` or ``over 15 min``."""
    found = re.fullmatch(r"(?:over|under) ([\d,.]+)( %| min)?", text)
    assert found is not None, text
    number = Decimal(found[1].replace(",", ""))
    return number / 100 if found[2] == " %" else number


def planned() -> dict[str, dict[str, Any]]:
    """Alarms of the operating plan, by the catalogue's names."""
    return {
        IN_THE_CATALOGUE.get((row["name"], row.get("severity", "ticket")), row["name"]): row for row in PLAN["alarms"]
    }


def test_the_catalogue_is_read_whole() -> None:
    assert set(BLOCKS) == {"service_alarms", "aws_alarms", "two_region_alarms", "release_alarms"}
    assert {*WATCHED, OF_HEALTH_CHECKS} == set(planned())
    assert set(RELEASES) == set(ROLLBACK)
    assert CATALOGUE.count("merge(local.single") == sum(len(rows) for rows in BLOCKS.values())


def test_each_alarm_has_one_section_and_no_section_is_without_alarm() -> None:
    assert sorted(HEADINGS) == sorted([*WATCHED, OF_HEALTH_CHECKS, RELEASE])


def test_each_section_says_what_it_means_and_whom_to_call() -> None:
    sections = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)
    bodies = {section.split("\n", 1)[0]: section for section in sections}
    needed = [
        r"\*\*Customers:\*\*",
        r"\*\*Look",
        r"(\*\*Do:\*\*|and do:\*\*)",
        r"\*\*Over:\*\*",
        r"\*\*Call:\*\*|Call [a-z]+",
    ]
    assert [(name, each) for name in HEADINGS for each in needed if not re.search(each, bodies[name])] == []


def test_the_table_has_each_alarm_and_leads_to_its_section() -> None:
    assert sorted(TABLE) == sorted([*WATCHED, OF_HEALTH_CHECKS, *RELEASES])
    anchors = {heading: re.sub(r"[^\w-]", "", heading.replace(" ", "-")) for heading in HEADINGS}
    expected = {name: anchors[RELEASE if name in RELEASES else name] for name in TABLE}
    assert {name: row.anchor for name, row in TABLE.items()} == expected


def test_pages_come_first() -> None:
    tells = [row.tells for row in TABLE.values()]
    assert tells == sorted(tells, key=["page", "ticket", "ECS"].index)


@pytest.mark.parametrize("name", sorted(planned()))
def test_a_row_says_the_plans_threshold_and_whom_it_tells(name: str) -> None:
    row, listed = planned()[name], TABLE[name]
    if name == OF_HEALTH_CHECKS:
        assert (listed.threshold, listed.tells) == ("check fails", "page")
    else:
        [(way, over)] = [(key, row[key]) for key in ("over", "under", "over_minutes") if key in row]
        assert listed.threshold.split()[0] == way.removesuffix("_minutes")
        assert listed.threshold.endswith(" min") == (way == "over_minutes")
        assert figure(listed.threshold) == Decimal(str(over))
        assert listed.tells == row.get("severity", "ticket")
    # sit has one region, and critical alarms only.
    in_sit = row.get("critical", False) and name not in BLOCKS["two_region_alarms"]
    assert listed.environments == ("sit, prod" if in_sit else "prod")


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_a_row_says_what_ends_a_release(name: str) -> None:
    assert figure(TABLE[name].threshold) == Decimal(str(PLAN["rollback_when"][ROLLBACK[name]]))
    assert (TABLE[name].tells, TABLE[name].environments) == ("ECS", "sit, prod")


def test_it_says_which_alarms_nothing_is_measured_for() -> None:
    # Only the writer's lease can tell: without one no region knows of another that it writes, and none is confirmed.
    assert {name for name, row in TABLE.items() if row.measured == "no"} == {"writers", "primary confirmed alone"}


# Commands about ECS

COMMANDS = re.findall(r"aws ecs ([a-z-]+)((?:(?!aws ecs )[^`])*)", PAGE.replace("\\\n", " "))
EVERYWHERE = {"query", "output", "region"}
"""Options that each command of AWS's has."""
OF_ADMINISTRATORS = {"StopServiceDeployment", "UpdateService"}
READER = (ROOT / "deploy/terraform/modules/roles/people.tf").read_text(encoding="utf-8")


def test_it_finds_when_something_was_released_and_the_image_before() -> None:
    first = PAGE[PAGE.index("## First two minutes") : PAGE.index("## Whom to call")]
    for command in ("list-service-deployments", "describe-service-deployments", "describe-service-revisions"):
        assert f"aws ecs {command} " in first
    roles = re.search(r"^for ROLE in ([\w -]+); do$", first, re.MULTILINE)
    assert roles is not None
    assert set(roles[1].split()) == ALL_ROLES


def test_commands_about_ecs_are_such_as_ecs_has_and_a_reader_may_run() -> None:
    model = botocore.session.get_session().get_service_model("ecs")
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    members = {name for shape in model.shape_names for name in getattr(model.shape_for(shape), "members", {})}
    assert len(COMMANDS) > 10
    for command, text in COMMANDS:
        operation = model.operation_model(operations[command])
        assert operation.input_shape is not None
        options = {xform_name(name, "-") for name in operation.input_shape.members}
        rest = text.split("\n")[0]
        assert set(re.findall(r"--([a-z-]+)", rest)) <= options | EVERYWHERE, (command, rest)
        for query in re.findall(r"--query (?:'([^']+)'|\"([^\"]+)\")", rest):
            names = re.sub(r"'[^']*'|\$\w+", "", "".join(query))
            assert set(re.findall(r"[A-Za-z]+", names)) <= members, (command, names)
        assert operation.name in OF_ADMINISTRATORS or f'"ecs:{operation.name}"' in READER, command
