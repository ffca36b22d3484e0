"""One emulated region: its AWS, and the service's processes in one process group, which die together."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.stack import ORDERS, aws_client, until_it_answers, waiting_in

_HOLDER = "import signal; signal.pause()"
"""Leads the group, so that it exists before the first process of the service, and after the last."""


class CommandFailed(Exception):
    """An operator's command ended with an exit code that was not expected; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed.

    Attributes:
        told: the lines of its standard error, each with when it came, in seconds of the epoch.
        began: when it was given, in seconds of the epoch, and ``seconds`` how long it took.
    """

    arguments: tuple[str, ...]
    exit_code: int
    printed: str
    told: Sequence[tuple[float, str]]
    began: float
    seconds: float

    @property
    def complaints(self) -> str:
        """Its standard error."""
        return "\n".join(line for _, line in self.told)

    def told_at(self, beginning: str) -> float | None:
        """When it first told a line that begins so; ``None`` if it never did."""
        return next((at for at, line in self.told if line.startswith(beginning)), None)

    def json(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.printed)


@dataclass
class Region:
    """A region of the service.

    Attributes:
        base: the API's address.
        emulator_url: its AWS, past every front.
        commands: arguments of ``orders`` by process.
        environment: of its processes; ``operator`` that of commands given there.
    """

    name: str
    base: str
    emulator_url: str
    commands: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    operator: Mapping[str, str]
    logs: Path
    said: list[Said] = field(default_factory=list)
    _holder: asyncio.subprocess.Process | None = None
    _processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self) -> None:
        """Start every process."""
        self._holder = await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLDER, process_group=0)
        for name, arguments in self.commands.items():
            with (self.logs / f"{self.name}-{name}.log").open("ab") as log:
                self._processes[name] = await asyncio.create_subprocess_exec(
                    ORDERS, *arguments, env=self.environment, stdout=log, stderr=log, process_group=self._holder.pid
                )

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self._holder is not None:
            os.killpg(self._holder.pid, signal.SIGKILL)

    async def ended(self) -> None:
        """Wait until all processes are gone."""
        if self._holder is not None:
            await asyncio.gather(self._holder.wait(), *(process.wait() for process in self._processes.values()))
            self._holder = None
            self._processes.clear()

    def ended_by_themselves(self) -> list[str]:
        """The processes that have ended while their region lives."""
        return [name for name, process in self._processes.items() if process.returncode is not None]

    async def answers(self, within_seconds: float = 90) -> None:
        """Return when the API answers. Raises: TimeoutError."""
        await until_it_answers(self.base, within_seconds)

    async def command(self, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> Said:
        """Run an operator's command in this region. Raises: CommandFailed."""
        pipe, began, given_at = asyncio.subprocess.PIPE, time.monotonic(), time.time()
        process = await asyncio.create_subprocess_exec(
            ORDERS, *arguments, env=self.operator, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
        assert process.stdout is not None
        assert process.stderr is not None
        printed, told, exit_code = await asyncio.gather(process.stdout.read(), _lines(process.stderr), process.wait())
        said = Said(arguments, exit_code, printed.decode(), told, given_at, time.monotonic() - began)
        self.said.append(said)
        if said.exit_code not in exit_codes:
            last_words = (said.complaints or said.printed)[-1500:]
            raise CommandFailed(f"orders {' '.join(arguments)} ended with {said.exit_code}: {last_words}")
        return said

    @asynccontextmanager
    async def client(self, service: str) -> AsyncIterator[Any]:
        """An AWS client past every front."""
        async with aws_client(self.emulator_url, service, self.name) as client:
            yield client

    async def waiting(self) -> Counter[str]:
        """Counts the messages in each queue and the entries in the outbox."""
        return await waiting_in(self)


async def _lines(stream: asyncio.StreamReader) -> list[tuple[float, str]]:
    return [(time.time(), line.decode().rstrip("\n")) async for line in stream]
