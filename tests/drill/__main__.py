"""``python -m tests.drill``: the rehearsal of a lost region, as often as wanted; prints what it measured and proved.

Two emulated regions, replication between them simulated, a control table beside them. It fails when a rule of the
verdict is broken, never for being slow.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from orders.adapters.outbound.dynamodb.keys import sequence_text
from tests.drill.dns import DnsTimes
from tests.drill.regions.world import WORKERS, running_world
from tests.drill.scenario import Drill, Plan
from tests.drill.verdict.evidence import shown, write_evidence
from tests.drill.verdict.facts import EventSeen
from tests.drill.verdict.figures import figures
from tests.drill.verdict.rules import all_faults


async def rehearsed(plan: Plan, console: Console) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Run one drill, write its evidence, and return its figures and its faults by rule."""
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", markup=False, highlight=False)

    async with running_world(plan.directory, seed=plan.seed) as world:
        say("two regions are up")
        drill = Drill(plan, world, say)
        facts = await drill.run()
        lost = {name: region.ended_by_themselves() for name, region in world.regions.items()}
    faults = all_faults(facts, _id_of)
    faults["every process lived until it was killed"] = [
        f"{process} of {name} ended by itself" for name, processes in lost.items() for process in processes
    ]
    measured = figures(facts) | {"seconds": round(time.monotonic() - began)}
    write_evidence(
        plan.directory, facts=facts, faults=faults, figures=measured, circumstances=circumstances(plan, drill)
    )
    return measured, faults


def circumstances(plan: Plan, drill: Drill) -> dict[str, Any]:
    """Returns how the drill was run, so that its figures can be read."""
    real, here = DnsTimes(), DnsTimes().shortened(plan.dns_factor)
    return {
        "seed": plan.seed,
        "orders": plan.orders,
        "DNS": f"{here.interval:g} s between checks instead of {real.interval:g}, {here.threshold} in a row, "
        f"answers kept {here.ttl:g} s instead of {real.ttl:g}: a factor of {plan.dns_factor:g}",
        "lease": "as in production: 30 s, and 35 s before a new writer writes",
        "clock skew, milliseconds": dict(drill.world.skew_ms),
        "workers": ", ".join(WORKERS),
        "a takeover nobody needed was refused": drill.refused_early,
        "commands": {
            name: "; ".join(
                f"orders {' '.join(said.arguments)} ({said.exit_code}, {said.seconds:.0f} s)" for said in region.said
            )
            for name, region in drill.world.regions.items()
        },
    }


def report(seed: int, measured: Mapping[str, Any], faults: Mapping[str, list[str]], console: Console) -> None:
    """Print the figures, the rules and whatever is wrong."""
    table = Table(title=f"rehearsal with seed {seed}", show_header=False)
    for name, value in measured.items():
        table.add_row(name, shown(value))
    for rule, found in faults.items():
        table.add_row(rule, f"{len(found)} faults" if found else "holds")
    console.print(table)
    for rule, found in faults.items():
        for fault in found[:20]:
            console.print(f"FAULT {rule}: {fault}", markup=False, highlight=False)


def _id_of(order_id: str, event: EventSeen) -> str:
    return f"{order_id}.{event.epoch}.{sequence_text(event.sequence)}"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next have the next ones")
    parser.add_argument("--runs", type=int, default=1, help="how many drills, one after the other (default: 1)")
    parser.add_argument("--orders", type=int, default=150, help="orders in a drill (default: 150)")
    parser.add_argument("--dns-factor", type=float, default=10.0, help="how much faster DNS is than Route 53")
    parser.add_argument("--keep", type=Path, default=None, help="work in this directory and leave it: logs, evidence")
    arguments = parser.parse_args()
    # As Ctrl-C does, so that no process of either region is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 120)
    is_broken = False
    with tempfile.TemporaryDirectory(prefix="orders-drill-") as temporary:
        for seed in range(arguments.seed, arguments.seed + arguments.runs):
            directory = (arguments.keep or Path(temporary)) / f"seed-{seed}"
            directory.mkdir(parents=True, exist_ok=True)
            plan = Plan(seed, arguments.orders, directory.absolute(), arguments.dns_factor)
            measured, faults = asyncio.run(rehearsed(plan, console))
            report(seed, measured, faults, console)
            is_broken = is_broken or any(faults.values())
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
