"""[Q-9]: from the start of `orders api` until it is ready, and what it holds in memory when nobody calls.

The process is the command itself, asked by HTTP until it says that it is ready. The quickest of several starts is
judged, which is what the start takes; the median has in it what else the machine did. There is no floor: the targets
are in seconds and MiB.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.compare import Plan
from benchmarks.documents import mib
from benchmarks.ground import Ground
from benchmarks.method import interval
from benchmarks.report import Figure

READY_SECONDS, RESIDENT_MIB = 2.0, 150.0
_LEAST_STARTS = 3
_REST_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


async def start(ground: Ground, plan: Plan) -> list[Figure]:
    """Starts it several times."""
    seconds, cpu, memory = [], [], []
    for _ in range(max(_LEAST_STARTS, plan.pairs)):
        began = time.perf_counter()
        with _command(ground) as (process, url):
            await _ready(url, process)
            seconds.append(time.perf_counter() - began)
            cpu.append(cpu_seconds(process.pid))
            await asyncio.sleep(_REST_SECONDS)
            memory.append(mib(process.pid, "VmRSS"))
    return [
        Figure(
            "Q-9",
            "API ready",
            min(seconds),
            interval(seconds),
            READY_SECONDS,
            at_most=True,
            unit="s",
            told={"median, s": statistics.median(seconds), "CPU, s": statistics.median(cpu)},
        ),
        Figure(
            "Q-9",
            "API resident",
            statistics.median(memory),
            interval(memory),
            RESIDENT_MIB,
            at_most=True,
            unit="MiB",
        ),
    ]


def cpu_seconds(process: int) -> float:
    """Returns the CPU time of a process so far, without that of its children; see proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def _command(ground: Ground) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    settings = ground.settings()
    environment = os.environ | {
        "ENVIRONMENT": settings.environment,
        "AWS_ENDPOINT_URL": str(settings.aws_endpoint_url),
        "AWS_REGION": settings.aws_region,
        "DEV_ISSUER_ENABLED": "true",
        "ORDERS_DATA_DIR": str(settings.orders_data_dir),
        "ORDERS_TABLE": str(settings.orders_table),
        "API_PORT": str(settings.api_port),
    }
    command = [str(Path(sys.executable).with_name("orders")), "api"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        yield process, f"http://127.0.0.1:{settings.api_port}/health/ready"
    finally:
        process.terminate()
        process.wait(30)


async def _ready(url: str, process: subprocess.Popen[bytes]) -> None:
    async with httpx.AsyncClient(timeout=5) as client, asyncio.timeout(_PATIENCE_SECONDS):
        while process.poll() is None:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.01)
    raise RuntimeError(f"`orders api` ended with {process.returncode} before it was ready")
