"""Each role's planned environment is what its process reads: nothing is wrong, missing or for nobody ([OPS-3])."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.items.control_items import control_state
from orders.adapters.outbound.dynamodb.regions.control_table import ITEM_KEY
from orders.bootstrap.config.roles import WRITERS, Role
from orders.bootstrap.config.settings import Settings, SettingsError, load_settings, settings_of
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.plans import REGIONS, EnvironmentPlan

Planned = Callable[[str], EnvironmentPlan]
GIVEN_BY_ECS = {
    "ORDER_SENDERS": "AROAEXAMPLEEXAMPLE001=*,AROAEXAMPLEEXAMPLE002=shop_one",
    "CURSOR_KEYS": "k" * 32,
}
"""What a plan can't know, as it comes from the parameter of that name."""
OF_OPERATORS = {"key-rotation": Role.OPERATOR}
"""Scheduled tasks run operators' commands."""
PLACES = [(environment, place) for environment, regions in REGIONS.items() for place in regions]


class Process(NamedTuple):
    """A planned container of the service: its role, and its variables."""

    role: Role
    variables: Mapping[str, str]


def processes(plan: EnvironmentPlan, place: str) -> dict[str, Process]:
    """Returns the planned processes of a region, by the name of what runs."""
    found = {}
    for each in plan.all("aws_ecs_task_definition", place):
        name = each["family"].removeprefix("bbws-orders-").removesuffix(f"-{plan.environment}")
        (container,) = (one for one in json.loads(each["container_definitions"]) if one["name"] == "orders")
        variables = {one["name"]: one["value"] for one in container["environment"]}
        variables |= {one["name"]: GIVEN_BY_ECS[one["name"]] for one in container["secrets"]}
        found[name] = Process(OF_OPERATORS.get(name) or Role(name), variables)
    return found


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def where(request: pytest.FixtureRequest) -> Any:
    """An environment, and a place in it that has a region's stack."""
    return request.param


@pytest.fixture
def found(planned: Planned, where: tuple[str, str]) -> dict[str, Process]:
    return processes(planned(where[0]), where[1])


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[Process], Settings]:
    """Loads settings from a process's variables alone, with those that the image sets."""

    def of(process: Process) -> Settings:
        for name in {field.upper() for field in Settings.model_fields} & os.environ.keys():
            monkeypatch.delenv(name)
        for name, value in process.variables.items():
            monkeypatch.setenv(name, value)
        return load_settings(process.role)

    return of


def test_every_role_of_the_service_is_planned(found: dict[str, Process], where: tuple[str, str]) -> None:
    scheduled = {"key-rotation"} if where[0] == "prod" else set()
    assert found.keys() == {str(role) for role in WRITERS} | scheduled
    assert set(packaged_topology().workers) < found.keys()


def test_each_role_starts_with_what_is_planned(
    found: dict[str, Process], where: tuple[str, str], load: Callable[[Process], Settings]
) -> None:
    environment, place = where
    for process in found.values():
        settings = load(process)
        assert settings.environment == environment
        assert settings.aws_region == REGIONS[environment][place]


def test_no_role_is_given_a_setting_that_it_does_not_read(found: dict[str, Process]) -> None:
    for name, process in found.items():
        assert process.variables.keys() <= settings_of(process.role), name


def test_the_log_is_clear_in_dev_alone(found: dict[str, Process], where: tuple[str, str]) -> None:
    clear = {process.variables.get("LOG_PII") for process in found.values()}
    assert clear == ({"true"} if where[0] == "dev" else {None})


def test_secrets_are_no_plain_variables(planned: Planned, where: tuple[str, str]) -> None:
    for each in planned(where[0]).all("aws_ecs_task_definition", where[1]):
        for container in json.loads(each["container_definitions"]):
            plain = {one["name"] for one in container["environment"]}
            assert not plain & {"CURSOR_KEYS", "API_KEY_HASHES", "PRODUCT_API_TOKEN", "CAMPAIGNS_API_TOKEN"}


@pytest.mark.parametrize("missing", ["AUTH_ISSUER", "AUTH_AUDIENCES"])
def test_an_api_without_an_issuer_would_not_start(
    found: dict[str, Process], missing: str, load: Callable[[Process], Settings]
) -> None:
    api = found["api"]
    with pytest.raises(SettingsError, match=missing):
        load(api._replace(variables={name: each for name, each in api.variables.items() if name != missing}))


def test_notifiers_share_the_mails_of_an_environment(found: dict[str, Process], planned: Planned, where: Any) -> None:
    scaled = planned(where[0]).all("aws_appautoscaling_target", where[1])
    most = {each["resource_id"].rsplit("/", 1)[1]: each["max_capacity"] for each in scaled}
    for name in ("internal-notifier", "customer-notifier"):
        assert int(found[name].variables["MAIL_MAX_TASKS"]) == most.get(f"bbws-orders-{name}-{where[0]}", 1)


def test_a_region_of_two_names_the_other(found: dict[str, Process], where: tuple[str, str]) -> None:
    regions = REGIONS[where[0]]
    others = [region for place, region in regions.items() if place != where[1]]
    for name, process in found.items():
        assert process.variables.get("OTHER_REGION") == (others[0] if others else None), name
        assert ("CONTROL_TABLE" in process.variables) is bool(others), name


@pytest.mark.parametrize("place", REGIONS["prod"])
def test_production_reads_the_item_that_is_made(planned: Planned, place: str) -> None:
    plan, declared = planned("prod"), packaged_topology().table_of("control")
    (made,) = plan.all("aws_dynamodb_table_item")
    item = from_wire(json.loads(made["item"]))
    assert ITEM_KEY.items() <= item.items()
    assert (control_state(item).epoch, control_state(item).may_write) == (1, REGIONS["prod"]["region"])
    relay = processes(plan, place)["relay"].variables
    assert relay["CONTROL_TABLE"] == made["table_name"] == f"{declared.name}-prod"
    assert tuple(relay["CONTROL_TABLE_REGIONS"].split(",")) == declared.regions
