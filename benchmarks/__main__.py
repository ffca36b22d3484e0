"""Measures the figures that are promised, each against its floor: ``make bench`` (ARGS: which, and how long).

Without names all are measured. The exit code is 1 if a target is missed, and 2 without a table.
"""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

import uvloop
from rich.console import Console

from benchmarks.compare import Comparison, Plan, compare
from benchmarks.create import KEYED, UNKEYED
from benchmarks.get import Get
from benchmarks.ground import Ground, NoTable, given_address, prepared
from benchmarks.growth import growth
from benchmarks.latency import latency
from benchmarks.list_page import ListPage
from benchmarks.mails import mails
from benchmarks.pdf import pdf
from benchmarks.poller import MESSAGE, QUEUE, PollerFigure
from benchmarks.report import Figure, keep, tell
from benchmarks.start import start
from benchmarks.writes import writes

Measurement = Callable[[Ground, Plan], Awaitable[list[Figure]]]


def _compared(comparison: Comparison) -> Measurement:
    async def measured(ground: Ground, plan: Plan) -> list[Figure]:
        return [await compare(comparison, ground, plan)]

    return measured


FIGURES: dict[str, Measurement] = {
    "create": _compared(UNKEYED),
    "keyed": _compared(KEYED),
    "get": _compared(Get()),
    "list": _compared(ListPage()),
    "latency": latency,
    "growth": growth,
    "poller": _compared(PollerFigure()),
    "pdf": pdf,
    "mails": mails,
    "start": start,
    "writes": writes,
}
FULL, SHORT = Plan(pairs=9, rounds=4, requests=800), Plan(pairs=2, rounds=2, requests=160, orders=3_000)


async def measure(names: list[str], plan: Plan, table_url: str, say: Console) -> list[Figure]:
    """Measures these figures, one after another."""
    figures: list[Figure] = []
    async with prepared(table_url, {QUEUE: MESSAGE}) as ground:
        for name in names:
            found = await FIGURES[name](ground, plan)
            for each in found:
                say.print(f"{each.id} {each.name}: {each.ratio:.3g}")
            figures += found
    return figures


def main() -> int:
    """Measures, prints, writes and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; by default all")
    parser.add_argument("--short", action="store_true", help="for a look: nothing is written")
    parser.add_argument("--pairs", type=int, help="of fresh processes")
    parser.add_argument("--rounds", type=int, help="of each pair")
    parser.add_argument("--requests", type=int, help="of each side in a round")
    parser.add_argument("--orders", type=int, help="of the large shop, where growth is measured: 1000000 takes hours")
    asked = parser.parse_args()
    unknown = sorted(set(asked.figures) - FIGURES.keys())
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    usual, say = SHORT if asked.short else FULL, Console(highlight=False, width=150)
    given = {name: getattr(asked, name) for name in ("pairs", "rounds", "requests", "orders")}
    plan = replace(usual, **{name: value for name, value in given.items() if value is not None})
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
