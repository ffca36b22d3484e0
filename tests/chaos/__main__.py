"""``python -m tests.chaos EXPERIMENT``: the whole service as processes, in a bad hour; prints what came of it.

An experiment fails only when something was lost, repeated without a reason, or stuck; never for being slow.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.experiment import Outcome
from tests.chaos.experiments import feed, kills, redrive, replay, soak, stopping, throttling

QUICKEST_KILLS = 2.0
ORDERS_A_KILL = 200

Experiment = Callable[[argparse.Namespace, Path], Coroutine[Any, Any, Outcome]]

EXPERIMENTS: dict[str, Experiment] = {
    "kills": kills.run,
    "feed": feed.run,
    "redrive": redrive.run,
    "sigterm": stopping.run_sigterm,
    "outage": stopping.run_outage,
    "replay": replay.run,
    "throttling": throttling.run,
    "soak": soak.run,
}


def report(name: str, outcome: Outcome, seconds: float, json_file: Path | None) -> None:
    """Print the figures, and whatever is wrong."""
    figures = outcome.figures | {"seconds": round(seconds), "faults found": len(outcome.faults)}
    table = Table(title=name, show_header=False)
    for name_, value in figures.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name_, shown or "none")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for fault in outcome.faults[:50]:
        console.print(f"FAULT {fault}", markup=False, highlight=False)
    if json_file is not None:
        json_file.write_text(json.dumps(figures | {"faults": outcome.faults}, indent=2), encoding="utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("--orders", type=int, default=2000, help="orders, or dead letters (default: 2000)")
    parser.add_argument("--faults", type=float, default=0.0, help="kills: share of AWS calls that fail, 0 to 1")
    parser.add_argument(
        "--kill-every",
        type=float,
        help="kills: seconds between two, on average (default: 2, and more where orders are many: a start takes a "
        "second and a half of a processor, and where nothing else is done nothing is proven)",
    )
    parser.add_argument("--outage-seconds", type=float, default=60.0, help="outage: how long it lasts")
    parser.add_argument("--mails-per-second", type=int, default=5, help="throttling: what the mail service takes")
    parser.add_argument("--minutes", type=float, default=30.0, help="soak: how long it lasts (default: 30)")
    parser.add_argument("--rate", type=float, default=1.0, help="soak: orders a second (default: 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--keep", type=Path, default=None, help="work in this directory and leave it, with all logs")
    arguments = parser.parse_args()
    arguments.kill_every = arguments.kill_every or max(QUICKEST_KILLS, arguments.orders / ORDERS_A_KILL)
    # As Ctrl-C does, so that no process of the stack is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="orders-chaos-") as temporary:
        directory: Path = arguments.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(EXPERIMENTS[arguments.experiment](arguments, directory))
    report(arguments.experiment, outcome, time.monotonic() - began, arguments.json)
    return bool(outcome.faults)


if __name__ == "__main__":
    sys.exit(main())
