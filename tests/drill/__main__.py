"""``python -m tests.drill``: the rehearsal of a lost region, as often as wanted; prints what it measured and proved.

Two emulated regions, replication between them simulated, a control table beside them. It fails when a rule of the
verdict is broken, never for being slow.
"""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from orders.adapters.outbound.dynamodb.keys import sequence_text
from tests.drill.dns import DnsTimes
from tests.drill.outcomes import CAME_TO_ITS_END, Outcome, outcome_in, summary
from tests.drill.phases import Phases
from tests.drill.regions.emulators import Emulators, running_emulators
from tests.drill.regions.world import EMULATED, WORKERS, World, running_world
from tests.drill.scenario import Drill, Plan
from tests.drill.side_by_side import run_side_by_side
from tests.drill.verdict.evidence import shown, write_evidence
from tests.drill.verdict.facts import EventSeen, Facts
from tests.drill.verdict.figures import figures
from tests.drill.verdict.rules import all_faults


async def rehearsed(plan: Plan, emulators: Emulators, console: Console) -> Outcome:
    """Run one drill and write its evidence, also if it could not go on."""
    phases = Phases(lambda line: console.print(f"[{plan.seed}] {line}", markup=False, highlight=False))
    phases.begin("start of two regions")
    facts: Facts | None = None
    drill: Drill | None = None
    faults: dict[str, list[str]] = {CAME_TO_ITS_END: []}
    try:
        async with running_world(plan.directory, emulators, seed=plan.seed) as world:
            phases.tell("two regions are up")
            drill = Drill(plan, world, phases)
            facts = await drill.run()
            lost = {name: region.ended_by_themselves() for name, region in world.regions.items()}
            phases.begin("stop")
        faults |= all_faults(facts, _id_of)
        faults["every process lived until it was killed"] = [
            f"{process} of {name} ended by itself" for name, processes in lost.items() for process in processes
        ]
    except Exception as error:  # noqa: BLE001 - of twenty drills the others go on; this one has failed
        faults[CAME_TO_ITS_END] = ["".join(traceback.format_exception(error))]
    phases.end()
    measured = ({} if facts is None else figures(facts)) | {"seconds": round(phases.elapsed())}
    write_evidence(
        plan.directory,
        facts=facts,
        faults=faults,
        figures=measured,
        circumstances={} if drill is None else circumstances(plan, drill),
        phases=[asdict(phase) for phase in phases.ended],
        commands=[] if drill is None else commands(drill.world),
    )
    return Outcome(plan.seed, measured, faults)


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
        "machine": f"{os.cpu_count()} processors, {os.getloadavg()[2]:.1f} processes at work in the last 15 minutes",
        "a takeover nobody needed was refused": drill.refused_early,
    }


def commands(world: World) -> list[dict[str, Any]]:
    """Returns what the operators have typed, in the order of time."""
    said = [
        {
            "region": name,
            "command": f"orders {' '.join(each.arguments)}",
            "exit_code": each.exit_code,
            "began": each.began,
            "seconds": each.seconds,
        }
        for name, region in world.regions.items()
        for each in region.said
    ]
    return sorted(said, key=lambda each: each["began"])


def report(outcome: Outcome, console: Console) -> None:
    """Print the figures, the rules and whatever is wrong."""
    table = Table(title=f"rehearsal with seed {outcome.seed}", show_header=False)
    for name, value in outcome.figures.items():
        table.add_row(name, shown(value))
    for rule, found in outcome.faults.items():
        table.add_row(rule, f"{len(found)} faults" if found else "holds")
    console.print(table)
    for rule, found in outcome.faults.items():
        for fault in found[:20]:
            console.print(f"FAULT {rule}: {fault}", markup=False, highlight=False)


async def one_after_the_other(
    seeds: Sequence[int], directory: Path, arguments: argparse.Namespace, console: Console
) -> list[Outcome]:
    """Run the drills of these seeds over the same emulators and return what became of them."""
    outcomes = []
    async with running_emulators(directory / f"emulators-{seeds[0]}", EMULATED) as emulators:
        for seed in seeds:
            of_seed = _made(directory, seed)
            plan = Plan(seed, arguments.orders, of_seed, arguments.dns_factor)
            outcomes.append(await rehearsed(plan, emulators, console))
            report(outcomes[-1], console)
    return outcomes


def all_outcomes(
    seeds: Sequence[int], directory: Path, arguments: argparse.Namespace, console: Console
) -> list[Outcome]:
    """Run the drills of these seeds, one after the other or several at once, and return what became of them.

    Raises: RuntimeError: a process has failed, and none of its drills says why.
    """
    if arguments.parallel == 1 or len(seeds) == 1:
        return asyncio.run(one_after_the_other(seeds, directory, arguments, console))
    for seed in seeds:
        # What is there afterwards is of this time.
        shutil.rmtree(_made(directory, seed))
    options = ("--orders", str(arguments.orders), "--dns-factor", str(arguments.dns_factor))
    say = partial(console.print, markup=False, highlight=False)
    ended_well = asyncio.run(run_side_by_side(seeds, arguments.parallel, directory, options, say))
    outcomes = [outcome_in(directory / _name(seed), seed) for seed in seeds]
    if not (ended_well or any(outcome.broken for outcome in outcomes)):
        raise RuntimeError("a process has failed after its drills: see above")
    return outcomes


def _name(seed: int) -> str:
    return f"seed-{seed}"


def _made(directory: Path, seed: int) -> Path:
    made = directory / _name(seed)
    made.mkdir(parents=True, exist_ok=True)
    return made


def _id_of(order_id: str, event: EventSeen) -> str:
    return f"{order_id}.{event.epoch}.{sequence_text(event.sequence)}"


def _seeds(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next have the next ones")
    parser.add_argument("--runs", type=int, default=1, help="how many drills (default: 1)")
    parser.add_argument("--seeds", type=_seeds, default=None, help="of all runs, with commas, instead of both")
    parser.add_argument("--parallel", type=int, default=1, help="how many of them at once (default: 1)")
    parser.add_argument("--orders", type=int, default=150, help="orders in a drill (default: 150)")
    parser.add_argument("--dns-factor", type=float, default=10.0, help="how much faster DNS is than Route 53")
    parser.add_argument("--keep", type=Path, default=None, help="work in this directory and leave it: logs, evidence")
    arguments = parser.parse_args()
    # As Ctrl-C does, so that no process of either region is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 120)
    seeds = arguments.seeds or list(range(arguments.seed, arguments.seed + arguments.runs))
    directory = arguments.keep or Path(tempfile.mkdtemp(prefix="orders-drill-"))
    directory = directory.absolute()
    is_over = False
    try:
        outcomes = all_outcomes(seeds, directory, arguments, console)
        is_broken = any(outcome.broken for outcome in outcomes)
        is_over = not is_broken
    finally:
        if arguments.keep is None and is_over:
            shutil.rmtree(directory)
    if len(seeds) > 1:
        console.print(summary(outcomes))
    if is_broken:
        console.print(f"logs and evidence: {directory}", markup=False, highlight=False)
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
