"""The CPU time of an order over the whole pipeline, against another release: from its request to both mails.

``python -m benchmarks.pipeline --against PATH`` compares this checkout with the ``orders`` command of another one,
which is set up as this one is. Both run ``orders dev``: API, relay and every worker, whose CPU time counts with that of
the processes that render; the emulator's does not. Orders are placed a few at a time, so that publication finds batches
as it does under load. Waiting for the mails reads each order's history, on both sides.
"""

import argparse
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from benchmarks.method import alternating, over_pairs, pair_ratio
from tests.e2e.dev_process import ORDERS, Dev

AT_A_TIME = 8
PATIENCE_SECONDS = 600.0
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Returns the CPU time of a process and of all below it, ended ones included (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    # utime, stime, cutime and cstime; the first field here is the third there.
    own = sum(map(int, fields[11:15])) / _TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


class Side:
    """One of the two releases, running."""

    def __init__(self, orders: Path, stack: ExitStack) -> None:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        self._dev = Dev(directory / "data", orders=orders)
        stack.callback(self._dev.remove)
        self._dev.start()
        self._dev.token("staff")
        self._dev.token()

    def spent_on(self, orders: int) -> float:
        """Returns the CPU time of one order, in milliseconds, once the mails of all are sent."""
        assert self._dev.process is not None
        began = cpu_seconds(self._dev.process.pid)
        with ThreadPoolExecutor(AT_A_TIME) as callers:
            placed: list[dict[str, Any]] = list(callers.map(lambda _: self._dev.place(), range(orders)))
        self._dev.all_sent(placed, within_seconds=PATIENCE_SECONDS)
        return (cpu_seconds(self._dev.process.pid) - began) / orders * 1000


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="the orders command of another checkout")
    parser.add_argument("--pairs", type=int, default=3, help="of fresh processes")
    parser.add_argument("--rounds", type=int, default=2, help="of each pair")
    parser.add_argument("--orders", type=int, default=150, help="of each side in a round")
    asked = parser.parse_args()
    ratios, ours, theirs = [], [], []
    for _ in range(asked.pairs):
        with ExitStack() as stack:
            sides = [Side(ORDERS, stack), Side(asked.against.absolute(), stack)]
            for side in sides:
                side.spent_on(AT_A_TIME)
            spent: tuple[list[float], list[float]] = ([], [])
            for order in alternating(asked.rounds):
                for at in order:
                    spent[at].append(sides[at].spent_on(asked.orders))
            # Of this release to the other: below 1 is less.
            ratios.append(1 / pair_ratio(*spent))
            ours += spent[0]
            theirs += spent[1]
    found = over_pairs(ratios)
    Console(highlight=False).print(
        f"CPU of an order, request to both mails: {statistics.median(ours):.1f} ms, "
        f"{statistics.median(theirs):.1f} ms there; ratio {found.median:.2f} "
        f"({found.spread[0]:.2f} to {found.spread[1]:.2f}; {asked.pairs} pairs of processes, {time.strftime('%F')})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
