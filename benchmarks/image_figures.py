"""Measures each role's container: start-up time, and memory at rest: ``make image-figures`` (ARGS: roles).

Each role is started by itself beside LocalStack, several times. Ready is when `/health/ready` first answers 200 (the
API on its port, the others on the container's own loopback, asked by one process beside them). At rest is some seconds
later, the resident memory of all processes of the container.
"""

import http.client
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.e2e.containers import IMAGE, OURS, ComposeStack

RUNS = 4
REST_SECONDS = 5
LIMITS_MIB = {"api": 150, "pdf-creator": 400}
OTHER_LIMIT_MIB = 120
READY_SECONDS = 2.0
WAITING = """
import http.client, time
while True:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", 8081, timeout=5)
        connection.request("GET", "/health/ready")
        if connection.getresponse().status == 200:
            print(time.time())
            break
    except OSError:
        pass
    time.sleep(0.01)
"""
RESULT = Path("benchmarks/results/image.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """A role's container over the runs, and what it may take.

    Attributes:
        ready_seconds: the quickest start, which is what the image takes.
        ready_median_seconds: includes what else the machine had to do.
        resident_mib: the median.
    """

    role: str
    ready_seconds: float
    ready_median_seconds: float
    resident_mib: float
    allowed_mib: int

    @property
    def kept(self) -> bool:
        """True if the figure is within its bound; start-up is bounded for the API only."""
        quick = self.role != "api" or self.ready_seconds <= READY_SECONDS
        return quick and self.resident_mib <= self.allowed_mib


def measure(stack: ComposeStack, role: str) -> Figure:
    """Start the role's container again and again, by itself."""
    container = stack.container(role)
    ready, resident = [], []
    for _ in range(RUNS):
        stack.docker("start", container)
        ready.append(_seconds_to_ready(stack, role, container))
        time.sleep(REST_SECONDS)
        resident.append(_resident_mib(stack, container))
        stack.docker("stop", container)
    return Figure(
        role=role,
        ready_seconds=min(ready),
        ready_median_seconds=statistics.median(ready),
        resident_mib=statistics.median(resident),
        allowed_mib=LIMITS_MIB.get(role, OTHER_LIMIT_MIB),
    )


def _seconds_to_ready(stack: ComposeStack, role: str, container: str) -> float:
    if role == "api":
        (network,) = _inspected(stack, container)["NetworkSettings"]["Networks"].values()
        while not _answers(network["IPAddress"]):
            time.sleep(0.01)
        ready = time.time()
    else:
        ready = float(stack.docker("exec", container, "python", "-c", WAITING))
    # The engine's own moment, with nanoseconds that Python does not read. Asked last, for asking takes processor time.
    started = datetime.fromisoformat(_inspected(stack, container)["State"]["StartedAt"][:26] + "+00:00")
    return ready - started.timestamp()


def _inspected(stack: ComposeStack, container: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.docker("inspect", container))[0]
    return found


def _answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, 8080, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _resident_mib(stack: ComposeStack, container: str) -> float:
    listed = stack.docker("top", container, "-eo", "pid,rss").splitlines()[1:]
    return sum(int(line.split()[1]) for line in listed) / 1024


def image_megabytes(stack: ComposeStack) -> dict[str, float]:
    """Size of the image by layer that is not empty, newest first."""
    lines = stack.docker("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", IMAGE).splitlines()
    layers = [line.split(" ", 1) for line in lines]
    return {what[:70]: int(size) / 1e6 for size, what in layers if int(size) > 10_000}


def main() -> None:
    """Measure, print, write."""
    say = Console().print
    with tempfile.TemporaryDirectory() as folder:
        stack = ComposeStack(Path(folder))
        try:
            stack.start()
            stack.stop()
            figures = [measure(stack, role) for role in sys.argv[1:] or OURS]
            layers = image_megabytes(stack)
        finally:
            stack.remove()
    table = Table("role", "ready, s", "median, s", "at rest, MiB", "allowed, MiB", "", title=f"{IMAGE}, {RUNS} starts")
    for each in figures:
        verdict = "kept" if each.kept else "[red]missed[/]"
        table.add_row(
            each.role,
            f"{each.ready_seconds:.2f}",
            f"{each.ready_median_seconds:.2f}",
            f"{each.resident_mib:.0f}",
            str(each.allowed_mib),
            verdict,
        )
    say(table)
    sizes = Table("layer", "MB", title=f"{sum(layers.values()):.0f} MB in all")
    for what, megabytes in layers.items():
        sizes.add_row(what, f"{megabytes:.1f}")
    say(sizes)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    report = {"roles": [asdict(each) for each in figures], "layers_mb": layers}
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.exit(0 if all(each.kept for each in figures) else 1)


if __name__ == "__main__":
    main()
