"""Measures the figures that are promised, each against its floor: ``make bench`` (ARGS: which, and how long).

Without names all are measured. The exit code is 1 if a target is missed, and 2 without a table.
"""

import argparse
import os
import sys

import uvloop
from rich.console import Console

from benchmarks.compare import Comparison, Plan, compare
from benchmarks.create import KEYED, UNKEYED
from benchmarks.get import Get
from benchmarks.ground import NoTable, given_address, prepared
from benchmarks.list_page import ListPage
from benchmarks.report import Figure, keep, tell

FIGURES: dict[str, tuple[Comparison, ...]] = {
    "create": (UNKEYED,),
    "keyed": (KEYED,),
    "get": (Get(),),
    "list": (ListPage(),),
}
FULL, SHORT = Plan(pairs=9, rounds=4, requests=800), Plan(pairs=2, rounds=2, requests=160)


async def measure(names: list[str], plan: Plan, table_url: str, say: Console) -> list[Figure]:
    """Measures these figures, one after another."""
    figures = []
    async with prepared(table_url) as ground:
        for name in names:
            for each in FIGURES[name]:
                figures.append(await compare(each, ground, plan))
                say.print(f"{figures[-1].id} {figures[-1].name}: {figures[-1].ratio:.3g}")
    return figures


def main() -> int:
    """Measures, prints, writes and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; by default all")
    parser.add_argument("--short", action="store_true", help="for a look: nothing is written")
    parser.add_argument("--pairs", type=int, help="of fresh processes")
    parser.add_argument("--rounds", type=int, help="of each pair")
    parser.add_argument("--requests", type=int, help="of each side in a round")
    asked = parser.parse_args()
    unknown = sorted(set(asked.figures) - FIGURES.keys())
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    usual, say = SHORT if asked.short else FULL, Console(highlight=False, width=150)
    plan = Plan(asked.pairs or usual.pairs, asked.rounds or usual.rounds, asked.requests or usual.requests)
    try:
        figures = uvloop.run(measure(asked.figures or list(FIGURES), plan, given_address(), say))
    except NoTable as error:
        say.print(f"{error}", soft_wrap=True)
        return 2
    tell(
        say,
        figures,
        f"{plan.pairs} pairs of processes, {plan.rounds} rounds of {plan.requests}, {os.cpu_count()} cores",
    )
    if not asked.short:
        keep(figures)
    return 0 if all(each.holds for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
