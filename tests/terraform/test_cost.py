"""The page on cost says what comes out of the plans, and what does not fit a budget ([OPS-5])."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.figures import ROOT
from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan
from tools import cost
from tools.cost_bill import Bill

Plans = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def plans(planned: Callable[[str], EnvironmentPlan]) -> Plans:
    return {name: planned(name).raw for name in ENVIRONMENTS}


def test_the_page_says_what_is_computed(plans: Plans) -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert page == cost.written(page, cost.tables(plans, cost.tariff()))


def test_it_is_written_from_plans_on_disk(plans: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "cost.md"
    page.write_text(f"before\n{cost.BEGIN}\nold\n{cost.END}\nafter\n")
    monkeypatch.setattr(cost, "PAGE", page)
    arguments = []
    for name, plan in plans.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(plan))
        arguments += [f"--{name}", str(tmp_path / f"{name}.json")]
    assert cost.main(arguments) == 0
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")
    assert "## By item" in page.read_text()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_fits_its_budget_in_its_third_month(plans: Plans, environment: str) -> None:
    found = cost.estimate(plans[environment], environment, tariff=cost.tariff())
    assert 0 < found.total < found.budget


def test_the_page_says_when_production_no_longer_fits(plans: Plans) -> None:
    over = cost.over_budget_after(plans["prod"], cost.tariff())
    assert over is not None
    assert over > cost.tariff().use["months"]["prod"]
    assert f"Production is over its budget from month {over} on." in cost.PAGE.read_text(encoding="utf-8")


def test_figures_come_to_what_is_reckoned_by_hand(plans: Plans) -> None:
    lines = {name: cost.estimate(plans[name], name, tariff=cost.tariff()).lines for name in ENVIRONMENTS}
    # dev: API and relay at the full price, six workers on Spot, of which one has half a processor and a GB.
    vcpu, gb = 0.25 + 0.25 + (5 * 0.25 + 0.5) * 0.4, 1 + 0.5 + (5 * 0.5 + 1) * 0.4
    assert lines["dev"]["Fargate: tasks at their minimum"] == pytest.approx((vcpu * 0.03238 + gb * 0.00356) * 730)
    assert lines["dev"]["NAT gateways"] == pytest.approx(0.048 * 730 + 30 * 0.048)
    # prod: three endpoints in three zones of two regions.
    assert lines["prod"]["Interface endpoints"] == pytest.approx(9 * 730 * (0.011 + 0.0131))
    # 720 backups a month for three months, of a table that has grown to 4.5 GB: half of that on the average, twice.
    assert lines["prod"]["Backups"] == pytest.approx(2160 * 2.25 * (0.134 + 0.113))
    assert lines["sit"]["Interface endpoints"] == 0
    assert lines["dev"]["KMS keys"] == lines["dev"]["Firewall"] == lines["dev"]["GuardDuty"] == 0


def test_a_task_more_costs_more(plans: Plans) -> None:
    plan = json.loads(json.dumps(plans["dev"]))
    services = [each for each in cost.resources(plan) if each.kind == "aws_ecs_service"]
    before = cost.estimate(plan, "dev", tariff=cost.tariff()).total
    for each in services:
        each.values["desired_count"] += 1  # type: ignore[index]
    assert cost.estimate(plan, "dev", tariff=cost.tariff()).total > before


def test_every_price_and_every_assumption_is_used_and_says_where_it_is_from() -> None:
    code = "".join((ROOT / "tools" / f"cost_{name}.py").read_text() for name in ("bill", "items"))
    tariff = cost.tariff()
    assert set(tariff.prices) == set(re.findall(r'(?:price|hourly)\(\s*"(\w+)"', code))
    assert set(tariff.use) == {*re.findall(r'\buse\(\s*"(\w+)"', code), "months"}
    assert all(each["page"].startswith("https://aws.amazon.com/") for each in tariff.prices.values())
    assert all(set(ENVIRONMENTS) < set(each) for each in tariff.use.values())


def test_a_region_without_a_price_of_its_own_has_that_of_ireland() -> None:
    bill = Bill((), "dev", cost.tariff(), 3)
    assert bill.price("key", "af-south-1") == bill.price("key", "eu-west-1")
    assert bill.price("nat_gb", "af-south-1") > bill.price("nat_gb", "eu-west-1")
