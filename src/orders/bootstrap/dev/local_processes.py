"""Finds processes of `orders dev` on this machine: running services, and leftovers of crashes.

Processes without a record are found where the system shows other processes' environments (Linux); elsewhere only
recorded ones.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from orders.bootstrap.dev.emulator_process import GATEWAY_PORT, STATE_DIR, EmulatorFiles, RunningEmulator, start_mark

DATA_DIR_MARK = "ORDERS_DEV_RUNS_ON"
"""In the environment of what `orders dev` starts: the data directory that it runs on."""

SERVICE_RECORD = "dev.lock"
"""Held by the service that runs on a data directory, which writes there who it is."""

_PROC = Path("/proc")
_RENDERER = b"multiprocessing.spawn"


@dataclass(frozen=True, slots=True)
class RunningService:
    """An `orders dev`. ``started`` is the system's own word for when, so that a reused process id is noticed."""

    pid: int
    started: str
    url: str

    def is_alive(self) -> bool:
        """Returns whether this very process still runs."""
        return start_mark(self.pid) == self.started


def note_service(record: TextIO, url: str) -> None:
    """Records that this process is the service, and its address."""
    record.truncate(0)
    pid = os.getpid()
    json.dump({"pid": pid, "started": start_mark(pid), "url": url}, record)
    record.flush()


def running_service(data_dir: Path) -> RunningService | None:
    """Returns the service running on the data directory; ``None`` if there is none, or it is unknown."""
    try:
        found = json.loads((data_dir / SERVICE_RECORD).read_text("utf-8"))
        service = RunningService(int(found["pid"]), str(found["started"]), str(found["url"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return service if service.is_alive() else None


def emulators() -> Iterator[RunningEmulator]:
    """Yields every running emulator of this user on this machine, recorded or not."""
    for pid, environment in _environments(b"ministack"):
        state, port = environment.get(STATE_DIR, ""), environment.get(GATEWAY_PORT, "")
        started = start_mark(pid)
        if started is not None and port.isdecimal() and Path(state).is_absolute():
            yield RunningEmulator(EmulatorFiles.of_state(Path(state)).data_dir, pid, int(port), started)


def emulator_of(data_dir: Path) -> RunningEmulator | None:
    """Returns the data directory's running emulator: the recorded one, else one whose record was lost."""
    recorded = EmulatorFiles(data_dir.absolute()).read_record()
    if recorded is not None and recorded.is_alive():
        return recorded
    here = data_dir.resolve()
    return next((each for each in emulators() if each.data_dir.resolve() == here), None)


def renderers_of(data_dir: Path) -> list[int]:
    """Returns the rendering processes of a service on the data directory, running or dead."""
    here = str(data_dir.resolve())
    return [pid for pid, environment in _environments(_RENDERER) if environment.get(DATA_DIR_MARK) == here]


def _environments(command: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yields process ids and environments of processes whose command line contains ``command``."""
    for entry in _PROC.glob("[0-9]*"):
        # Gone meanwhile, or another user's.
        with suppress(OSError):
            if command in (entry / "cmdline").read_bytes():
                pairs = (os.fsdecode(each).partition("=") for each in (entry / "environ").read_bytes().split(b"\0"))
                yield int(entry.name), {name: value for name, _, value in pairs}
