"""Estimates what an environment costs a month, and writes the tables of docs/cost.md.

What there is comes from an environment's plan (``terraform show -json``), what it costs and how much it is used from
``tools/prices.yaml``. Written as::

    terraform show -json prod.tfplan > prod.json
    .venv/bin/python -m tools.cost --dev dev.json --sit sit.json --prod prod.json
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tools.cost_bill import ENVIRONMENTS, Bill, Resource, Tariff
from tools.cost_counts import COUNTS
from tools.cost_items import ITEMS
from tools.cost_savings import SAVINGS, changed

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cost.md"
PRICES = ROOT / "tools" / "prices.yaml"
BEGIN, END = "<!-- written by tools/cost.py -->", "<!-- end of what tools/cost.py writes -->"
GROWTH_MONTHS = (3, 6, 12, 24)
YEARS_KEPT = 7

Plan: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an environment costs a month.

    Attributes:
        lines: dollars of each item, by its name.
        counted: what was counted in the plan, by its name.
        budget: dollars that the plan's budget allows.
    """

    lines: Mapping[str, float]
    counted: Mapping[str, str]
    budget: float

    @property
    def total(self) -> float:
        """Dollars of all items."""
        return sum(self.lines.values())


def tariff() -> Tariff:
    """Returns prices and assumptions of use as the file has them."""
    found = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    return Tariff(prices=found["prices"], use=found["use"], hours=found["hours_a_month"], stated=found["stated"])


def resources(plan: Plan) -> Iterator[Resource]:
    """Yields what is planned: address, type and values of each resource."""

    def within(module: Mapping[str, Any]) -> Iterator[Resource]:
        for each in module.get("resources", []):
            if each["mode"] == "managed":
                yield Resource(each["address"], each["type"], each["values"])
        for child in module.get("child_modules", []):
            yield from within(child)

    yield from within(plan["planned_values"]["root_module"])


def estimate(plan: Plan, environment: str, *, tariff: Tariff, months: int | None = None) -> Estimate:
    """Returns what an environment costs a month, when orders have been coming in for ``months``."""
    return estimate_of(
        Bill(tuple(resources(plan)), environment, tariff, months or int(tariff.use["months"][environment]))
    )


def estimate_of(bill: Bill) -> Estimate:
    """Returns what a bill's resources cost a month."""
    return Estimate(
        lines={name: item(bill) for name, item in ITEMS.items()},
        counted={name: count(bill) for name, count in COUNTS.items()},
        budget=float(bill.of("aws_budgets_budget")[0].values["limit_amount"]),
    )


def tables(plans: Mapping[str, Plan], tariff: Tariff) -> str:
    """Returns everything of the page that is computed."""
    estimates = {name: estimate(plans[name], name, tariff=tariff) for name in ENVIRONMENTS}
    prod = plans["prod"]
    parts = [_by_item(estimates), _growth(prod, tariff), _savings(prod, tariff), _counted(estimates), _use(tariff)]
    parts.append(_prices(tariff))
    return "\n\n".join(parts)


def over_budget_after(plan: Plan, tariff: Tariff) -> int | None:
    """Returns the first month of seven years in which production costs more than its budget; None if there is none."""
    for months in range(1, YEARS_KEPT * 12 + 1):
        found = estimate(plan, "prod", tariff=tariff, months=months)
        if found.total > found.budget:
            return months
    return None


def written(page: str, computed: str) -> str:
    """Returns the page with what is computed in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{computed}\n\n{END}{after}"


def _dollars(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 0.5 or not amount else "< 1"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" if cells[0] != "---" else f"|{'|'.join(cells)}|" for cells in lines)


def _by_item(estimates: Mapping[str, Estimate]) -> str:
    names = sorted(ITEMS, key=lambda name: -estimates["prod"].lines[name])
    rows = [[name, *(_dollars(each.lines[name]) for each in estimates.values())] for name in names]
    rows.append(["**all of it**", *(f"**{_dollars(each.total)}**" for each in estimates.values())])
    rows.append(["budget", *(_dollars(each.budget) for each in estimates.values())])
    rows.append(["share of the budget", *(f"{each.total / each.budget:.0%}" for each in estimates.values())])
    return "## By item\n\n" + _table(["dollars a month, estimated", *ENVIRONMENTS], rows)


def _counted(estimates: Mapping[str, Estimate]) -> str:
    rows = [[name, *(each.counted[name] for each in estimates.values())] for name in COUNTS]
    return "## Counted in the plans\n\n" + _table(["planned", *ENVIRONMENTS], rows)


def _growth(plan: Plan, tariff: Tariff) -> str:
    found = [estimate(plan, "prod", tariff=tariff, months=months) for months in GROWTH_MONTHS]
    kept = ("Backups", "Data between regions", "DynamoDB: storage, recovery", "S3")
    rows = [[name, *(_dollars(each.lines[name]) for each in found)] for name in kept]
    rows.append(["**all of production**", *(f"**{_dollars(each.total)}**" for each in found)])
    head = ["production after so many months", *(str(months) for months in GROWTH_MONTHS)]
    over = over_budget_after(plan, tariff)
    said = f"Production is over its budget from month {over} on." if over else "Production stays within its budget."
    return f"## How production grows\n\n{_table(head, rows)}\n\n{said}"


def _savings(plan: Plan, tariff: Tariff) -> str:
    planned = tuple(resources(plan))

    def total(found: tuple[Resource, ...], months: int) -> float:
        return estimate_of(Bill(found, "prod", tariff, months)).total

    rows = [
        [words, *(_dollars(total(planned, months) - total(changed(planned, change), months)) for months in (3, 12))]
        for words, change in SAVINGS.items()
    ]
    head = ["dollars a month less in production", "month 3", "month 12"]
    return f"## What would cut it\n\n{_table(head, rows)}"


def _use(tariff: Tariff) -> str:
    rows = [[each["what"], *(f"{each[name]:,}" for name in ENVIRONMENTS)] for each in tariff.use.values()]
    return "## Assumed use, a month\n\n" + _table(["assumed", *ENVIRONMENTS], rows)


def _prices(tariff: Tariff) -> str:
    rows = [
        [each["unit"], f"{each['eu-west-1']:g}", f"{each.get('af-south-1', each['eu-west-1']):g}", each["page"]]
        for each in tariff.prices.values()
    ]
    return f"## Prices, as remembered for {tariff.stated}\n\n" + _table(
        ["dollars for a", "eu-west-1", "af-south-1", "page"], rows
    )


def main(arguments: list[str] | None = None) -> int:
    """Writes the page from three plans; returns the exit code."""
    parser = argparse.ArgumentParser(description="Estimate the cost of each environment from its plan")
    for name in ENVIRONMENTS:
        parser.add_argument(f"--{name}", type=Path, required=True, help="plan, as terraform show -json has it")
    given = vars(parser.parse_args(arguments))
    plans = {name: json.loads(given[name].read_text(encoding="utf-8")) for name in ENVIRONMENTS}
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), tables(plans, tariff())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
