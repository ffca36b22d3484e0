"""The service under a steady load: `orders load` for minutes, with the relay and every worker, each its own process.

``python -m benchmarks.sustained`` needs DynamoDB Local and its address, as ``make bench`` does. The tables are there;
queues, bus, buckets and mail service are the emulator's of `orders dev`. `orders load` judges errors, latencies and
every order's documents and mails; here the 95th percentiles have to be a tenth of the service levels, for nothing is
far away. Beside it are noted, every few seconds: what waits in the queues and in the outbox, the longest wait of a
message that was received, and the memory and open handles of every process. Printed are their courses: the median of
each tenth of the load. The exit code is 1 if something was missed, or if anything of that grows on and on.

Workers have processors of their own in production. Here they share two with API, table, emulator and load, and have a
lower priority: what they can't keep up with shows as queues that grow.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.aws_stand_in import StandIn, aws_stand_in
from benchmarks.ground import NoTable, given_address, table_client
from orders.bootstrap.dev import emulator
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.workers import WORKERS
from tests.chaos.stack import ENVIRONMENT, ORDERS, Process, aws_client, until_it_answers
from tests.support.ports import free_port

EVERY_SECONDS = 5.0
PARTS = 10
"""The course of a figure is told as so many medians."""
GROWTH = 1.10
"""A figure may be so much more in the last tenth than in the third: by then pools and caches are full."""
SLACK = 6
"""Messages, MiB or handles more are none: connections come and go."""
LONGEST = "longest wait of a message, ms"
SLACK_OF_WAIT = 500
"""Milliseconds: a quarter of what an order has from its request to both mails."""
MIB = 1024
LEVEL_SHARE = 10
"""Of a service level: nothing is far away here."""
NICENESS = 10
"""Of relay and workers."""


@dataclass
class Course:
    """What was noted, moment by moment: figures by name.

    Attributes:
        began: when the first was, as the clock of ``time.monotonic`` tells it.
    """

    began: float = field(default_factory=time.monotonic)
    moments: list[Counter[str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def note(self, moment: Counter[str]) -> None:
        """Adds what is now."""
        self.at.append(time.monotonic() - self.began)
        self.moments.append(moment)

    def until(self, seconds: float) -> "Course":
        """Returns the course up to so many seconds after its beginning: without what came after the load."""
        count = sum(at <= seconds for at in self.at)
        return replace(self, moments=self.moments[:count], at=self.at[:count])

    def parts(self, name: str) -> list[float]:
        """Returns the medians of a figure over the parts of the time."""
        values = [float(moment[name]) for moment in self.moments]
        bounds = [len(values) * part // PARTS for part in range(PARTS + 1)]
        return [statistics.median(values[low:high] or [0.0]) for low, high in pairwise(bounds)]

    def grows(self, name: str) -> bool:
        """Tells whether the figure is still growing when it should have ceased to; a minute is too short to tell."""
        parts = self.parts(name)
        slack = SLACK_OF_WAIT if name == LONGEST else SLACK
        return len(self.moments) >= PARTS and parts[-1] > GROWTH * parts[2] + slack


@dataclass
class Service:
    """The running service: its address, its processes, and its environment for commands."""

    base: str
    processes: dict[str, Process]
    environment: dict[str, str]
    emulator_url: str
    table_url: str
    table: str
    crossing: StandIn


@asynccontextmanager
async def running(directory: Path, table_url: str) -> AsyncIterator[Service]:
    """Starts emulator, tables, crossing, API, relay and workers; nothing is left. Raises: NoTable."""
    topology = packaged_topology()
    async with AsyncExitStack() as opened:
        aws = await emulator.start(directory / "emulator", emulator.emulator_python(), preferred_port=free_port())
        opened.push_async_callback(asyncio.to_thread, emulator.stop, aws)
        crossing = opened.enter_context(aws_stand_in(table_url, others_url=aws.url))
        port = free_port()
        environment = os.environ | {
            "ENVIRONMENT": ENVIRONMENT,
            "ORDERS_DATA_DIR": str(directory / "data"),
            "DEV_ISSUER_ENABLED": "true",
            "API_PORT": str(port),
            "STAFF_ADDRESS_FALLBACK": "staff@{tenant}.example",
            "LOG_LEVEL": "WARNING",
        }
        await _command(environment | {"AWS_ENDPOINT_URL": aws.url}, "bootstrap")
        client = await opened.enter_async_context(table_client(table_url, connect_timeout=2))
        for declared in topology.tables:
            name = topology.table_name(ENVIRONMENT, declared.key)
            try:
                # Nobody reads a stream here, and with one DynamoDB Local takes longer for each write the more it has.
                await ensure_table(client, replace(declared, stream=None), name, Changes())
            except OSError as error:
                raise NoTable(f"nothing answers at {table_url}") from error
            opened.push_async_callback(client.delete_table, TableName=name)
        environment["AWS_ENDPOINT_URL"] = crossing.url
        commands = {"api": ("api",), "relay": ("relay",)} | {name: ("worker", name) for name in WORKERS}
        processes = {
            name: Process(name, arguments, environment, directory / f"{name}.log")
            for name, arguments in commands.items()
        }
        base = f"http://127.0.0.1:{port}"
        for name, process in processes.items():
            await process.start()
            opened.push_async_callback(process.kill)
            if name != "api":
                yield_to_others(pid_of(process))
        await until_it_answers(base, 60)
        yield Service(base, processes, environment, aws.url, table_url, topology.table_name(ENVIRONMENT), crossing)


async def _command(environment: dict[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        ORDERS, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await process.communicate()
    if process.returncode not in {0, 1} or not printed:
        raise RuntimeError(f"orders {' '.join(arguments)} ended with {process.returncode}: {complaints.decode()}")
    return printed.decode()


def pid_of(process: Process) -> int:
    """Returns the id of a running process."""
    assert process.running is not None
    return process.running.pid


def yield_to_others(pid: int) -> None:
    """Lowers the priority of a process, and of its session where the kernel schedules by sessions (sched(7))."""
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    session = Path("/proc", str(pid), "autogroup")
    if session.exists():
        session.write_text(str(NICENESS), encoding="ascii")


def held_by(pid: int) -> tuple[int, int]:
    """Returns a process's memory in MiB and the number of its open handles (proc_pid_status(5))."""
    proc = Path("/proc", str(pid))
    memory = int((proc / "status").read_text().partition("VmRSS:")[2].split()[0])
    return memory // MIB, len(list((proc / "fd").iterdir()))


async def look(service: Service, sqs: Any, table: Any) -> Counter[str]:
    """Returns what waits and has waited, and each process's memory in MiB and open handles."""
    found: Counter[str] = Counter()
    for url in (await sqs.list_queues()).get("QueueUrls", []):
        asked = ["ApproximateNumberOfMessages"]
        told = (await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked))["Attributes"]
        found["dead letters" if "-dlq-" in url else "messages that wait"] += int(told[asked[0]])
    pending = await table.scan(TableName=service.table, IndexName="OutboxPending", Select="COUNT")
    found["events that wait"] = pending["Count"]
    found[LONGEST] = max(service.crossing.ages(), default=0)
    for name, process in service.processes.items():
        found[f"{name}: MiB"], found[f"{name}: handles"] = held_by(pid_of(process))
    return found


async def watch(service: Service, course: Course) -> None:
    """Looks again and again, until it is cancelled."""
    async with aws_client(service.emulator_url, "sqs") as sqs, table_client(service.table_url) as table:
        while True:
            course.note(await look(service, sqs, table))
            await asyncio.sleep(EVERY_SECONDS)


def faults_of(told: dict[str, Any], course: Course) -> list[str]:
    """Returns what is wrong: a level missed, a figure that grows."""
    found = [
        f"{phase['name']}: {phase['note'] or phase['faults']}" for phase in told["phases"] if phase["holds"] is False
    ]
    (steady,) = (phase for phase in told["phases"] if phase["name"] == "steady")
    found += [f"steady: {fault['count']} times {fault['what']}" for fault in steady["faults"]]
    found += [
        f"{row['name']}: p95 {row['p95']} s, a tenth of its level is {row['level'] / LEVEL_SHARE} s"
        for row in steady["operations"]
        if row["p95"] > row["level"] / LEVEL_SHARE
    ]
    return found + [f"grows: {name}, {course.parts(name)}" for name in course.moments[0] if course.grows(name)]


def report(told: dict[str, Any], course: Course, faults: Sequence[str]) -> None:
    """Prints latencies, courses, and whatever is wrong."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for phase in told["phases"]:
        console.print(
            f"{phase['name']}: {phase['requests']} requests, {phase['requests_per_second']:g}/s, "
            f"error rate {phase['error_rate']:g}. {phase['note']}"
        )
        for row in phase["operations"]:
            console.print(f"  {row['name']:<14} p50 {row['p50']:.4f} s, p95 {row['p95']:.4f}, p99 {row['p99']:.4f}")
    table = Table("medians of", *(f"{part + 1}/{PARTS}" for part in range(PARTS)))
    for name in course.moments[0]:
        table.add_row(name, *(f"{value:g}" for value in course.parts(name)))
    console.print(table)
    for fault in faults:
        console.print(f"FAULT {fault}", markup=False)


async def measure(arguments: argparse.Namespace, directory: Path) -> int:
    """Runs the load, and prints what came of it."""
    course = Course()
    async with running(directory, given_address()) as service:
        watching = asyncio.create_task(watch(service, course))
        try:
            printed = await _command(
                service.environment, "load", "--base-url", service.base, "--rate", str(arguments.rate),
                "--minutes", str(arguments.minutes), "--phase", "steady", "--mix", arguments.mix, "--json", "--yes",
                *(("--picture", str(arguments.picture)) if arguments.picture else ()),
            )  # fmt: skip
        finally:
            watching.cancel()
        dead = {name: process.last_words() for name, process in service.processes.items() if process.died_by_itself}
    told = json.loads(printed)
    course = course.until(next(phase["seconds"] for phase in told["phases"] if phase["name"] == "steady"))
    faults = [*faults_of(told, course), *(f"{name} ended: {words}" for name, words in dead.items())]
    report(told, course, faults)
    if arguments.json:
        courses = {name: course.parts(name) for name in course.moments[0]}
        arguments.json.write_text(json.dumps(told | {"courses": courses, "faults": faults}, indent=2), encoding="utf-8")
    return bool(faults)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sustained", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second (default: 200)")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default: 5)")
    parser.add_argument("--mix", default="get=60,list=25,status=12,create=3", help="as for `orders load`")
    parser.add_argument("--picture", type=Path, default=None, help="write latency over time there, as SVG")
    parser.add_argument("--json", type=Path, default=None, help="write all of it there")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="orders-load-") as temporary:
        try:
            return asyncio.run(measure(arguments, Path(temporary)))
        except NoTable as error:
            sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
