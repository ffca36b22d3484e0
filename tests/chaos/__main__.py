"""``python -m tests.chaos``: orders over HTTP while every process is killed and AWS fails; prints what came of it.

Fails only when something was lost, repeated without a reason, or stuck; never for being slow.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.load import Load
from tests.chaos.stack import Stack, running_stack
from tests.chaos.verdict import Evidence, Verdict, gathered, judged, waiting
from tests.faults.plan import NoFaults, RandomFaults

STUCK_AFTER_SECONDS = 120
"""Without any progress for so long, it is stuck: longer than any back-off, lease or visibility timeout here."""


async def kill_at_random(stack: Stack, every_seconds: float, seed: int) -> None:
    """kill -9 one process after the other, and start it again."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * every_seconds)
        process = chance.choice(list(stack.processes.values()))
        await process.kill()
        await process.start()


async def settle(stack: Stack) -> None:
    """Wait until nothing is on its way. Raises: TimeoutError when nothing moves any more."""
    last: object = None
    moved = time.monotonic()
    while True:
        now = await waiting(stack)
        if Evidence(waiting=now).settled:
            return
        state = (sorted(now.items()), sum(stack.observer.mails.values()), sum(stack.observer.events.values()))
        if state != last:
            last, moved = state, time.monotonic()
        elif time.monotonic() - moved > STUCK_AFTER_SECONDS:
            raise TimeoutError(f"stuck: {dict(now)}")
        await asyncio.sleep(0.5)


async def experiment(arguments: argparse.Namespace, directory: Path) -> Verdict:
    """Run it once."""
    async with running_stack(directory) as stack:
        load = Load(stack, arguments.orders, seed=arguments.seed)
        if arguments.faults:
            stack.proxy.plan = RandomFaults(arguments.faults, seed=arguments.seed)
        killer = asyncio.create_task(kill_at_random(stack, arguments.kill_every, arguments.seed))
        try:
            await load.run()
        finally:
            killer.cancel()
            await asyncio.gather(killer, return_exceptions=True)
        await stack.revive()
        stack.proxy.plan = NoFaults()
        await settle(stack)
        verdict = await judged(stack, load, await gathered(stack))
        verdict.faults += [
            f"{name} ended by itself: {process.last_words()}"
            for name, process in stack.processes.items()
            if process.died_by_itself
        ]
        return verdict


def report(verdict: Verdict, seconds: float, json_file: Path | None) -> None:
    """Print the figures, and whatever is wrong."""
    figures = verdict.figures | {"seconds": round(seconds), "faults found": len(verdict.faults)}
    table = Table(title="chaos", show_header=False)
    for name, value in figures.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name, shown or "none")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for fault in verdict.faults[:50]:
        console.print(f"FAULT {fault}", markup=False, highlight=False)
    if json_file is not None:
        json_file.write_text(json.dumps(figures | {"faults": verdict.faults}, indent=2), encoding="utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--faults", type=float, default=0.0, help="share of AWS calls that fail, 0 to 1")
    parser.add_argument("--kill-every", type=float, default=2.0, help="seconds between two kills, on average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--keep", type=Path, default=None, help="work in this directory and leave it, with all logs")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="orders-chaos-") as temporary:
        directory = arguments.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        verdict = asyncio.run(experiment(arguments, directory))
    report(verdict, time.monotonic() - began, arguments.json)
    return bool(verdict.faults)


if __name__ == "__main__":
    sys.exit(main())
