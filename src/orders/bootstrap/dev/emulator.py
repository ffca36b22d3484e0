"""The embedded AWS emulator of `orders dev`: found if it runs, started if not, stopped so that its state is kept.

It is MiniStack in a Python environment of its own (it pins another botocore), in a session of its own, on loopback.
Like AWS it outlives a crash of the service, and the next start finds it. It saves what it holds only when it is
stopped with `stop`: a killed emulator comes back as it was after its last stop. Sent mails it never saves.
"""

import asyncio
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orders.adapters.privacy.files import append_private
from orders.bootstrap.dev.emulator_process import EmulatorFiles, RunningEmulator, free_port, spawn
from orders.bootstrap.dev.local_processes import emulator_of
from orders.bootstrap.errors import CannotRun

__all__ = [
    "DEFAULT_PORT",
    "EmulatorError",
    "RunningEmulator",
    "emulator_python",
    "find_running",
    "start",
    "stop",
    "was_stopped",
]

DEFAULT_PORT = 4566
_POLL_SECONDS = 0.02


class EmulatorError(CannotRun):
    """The emulator can't be found, started or stopped; the message says what to do or shows its last output."""


def emulator_python(configured: Path | None = None) -> Path:
    """Returns the interpreter of the environment in which MiniStack is installed.

    That is the configured one, else `.venv-emulator` in the project's directory or beside the running environment.

    Raises:
        EmulatorError: it isn't there; the message has the command that puts it there.
    """
    if configured is not None:
        if not os.access(configured, os.X_OK):
            raise EmulatorError(f"the emulator's Python {configured} does not exist or is not executable")
        return configured
    project, beside = Path(__file__).parents[4], Path(sys.prefix).parent
    for directory in dict.fromkeys((project, beside)):
        python = directory / ".venv-emulator" / "bin" / "python"
        if os.access(python, os.X_OK):
            return python
    raise EmulatorError("the emulator isn't installed: run `make setup` in the project's directory")


def find_running(data_dir: Path, *, answering: bool = True) -> RunningEmulator | None:
    """Returns the running emulator of this data directory, else None.

    With `answering`, only if its health endpoint answers too; without, one that hangs is found as well.
    """
    running = emulator_of(data_dir)
    return running if running is None or not answering or running.answers() else None


async def start(
    data_dir: Path,
    python: Path,
    *,
    preferred_port: int = DEFAULT_PORT,
    region: str = "af-south-1",
    ready_within_seconds: float = 20.0,
) -> RunningEmulator:
    """Starts the emulator, or finds the one that runs for this data directory; returns when it answers.

    With `preferred_port` taken by something else, a free port is used: read it from the result. Of two starts at
    once, one starts it and the other finds it.

    Raises:
        EmulatorError: it ended at once, or didn't answer in time; the message shows its last output.
    """

    def find_or_spawn() -> RunningEmulator:
        deadline = time.monotonic() + ready_within_seconds
        files = EmulatorFiles(data_dir.absolute())
        files.prepare()
        with _locked(files, deadline):
            # Also one whose record got lost: two on one directory would overwrite each other's state.
            found = emulator_of(data_dir)
            # One that lives but doesn't answer yet was started by someone who died before it was ready.
            if found is not None and _answers(found, files, deadline):
                files.write_record(found)
                return found
            return _spawned(files, python, free_port(preferred_port), region, deadline)

    return await asyncio.to_thread(find_or_spawn)


def stop(running: RunningEmulator, *, timeout_seconds: float = 30.0) -> None:
    """Stops the emulator and waits until it has saved its state and ended. One that has ended already is no fault.

    Raises:
        EmulatorError: it still runs after `timeout_seconds`, and goes on saving; or it ended and could not save.
    """
    files = EmulatorFiles(running.data_dir)
    deadline = time.monotonic() + timeout_seconds
    with _locked(files, deadline):
        if running.is_alive():
            os.kill(running.pid, signal.SIGTERM)
        while running.is_alive():
            if time.monotonic() > deadline:
                raise EmulatorError(
                    f"the emulator (process {running.pid}) still runs {timeout_seconds:.0f} s after the request to "
                    f"stop; it may still be saving: see {files.log}"
                )
            time.sleep(_POLL_SECONDS)
        if files.read_record() == running:
            files.record.unlink(missing_ok=True)
    if "failed to save" in files.last_lines():
        raise EmulatorError(f"the emulator could not save all its data; its last output:\n{files.last_lines()}")


def was_stopped(running: RunningEmulator) -> bool:
    """Returns whether an emulator that has ended was stopped by ``stop``, which removes its record, and so saved
    its state.
    """
    files = EmulatorFiles(running.data_dir)
    with _locked(files, time.monotonic() + 30):
        return files.read_record() != running


def _spawned(files: EmulatorFiles, python: Path, port: int, region: str, deadline: float) -> RunningEmulator:
    try:
        running = spawn(files, python, port=port, region=region)
    except OSError as error:
        raise EmulatorError(f"the emulator can't be started with {python}: {error}") from error
    # Before it answers: should this process die now, the next start waits for this emulator and makes no second.
    files.write_record(running)
    if not _answers(running, files, deadline):
        raise EmulatorError(f"the emulator stopped during its start; its last output:\n{files.last_lines()}")
    return running


def _answers(running: RunningEmulator, files: EmulatorFiles, deadline: float) -> bool:
    """Waits until it answers; False if it has ended."""
    while running.is_alive():
        if running.answers():
            return True
        if time.monotonic() > deadline:
            raise EmulatorError(
                f"the emulator (process {running.pid}) doesn't answer on port {running.port}; "
                f"its last output:\n{files.last_lines()}"
            )
        time.sleep(_POLL_SECONDS)
    return False


@contextmanager
def _locked(files: EmulatorFiles, deadline: float) -> Iterator[None]:
    """Holds the data directory's lock; the system lets go of it if this process dies."""
    with append_private(files.lock) as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise EmulatorError("another start or stop of the emulator still runs; try again later") from error
            time.sleep(_POLL_SECONDS)
        yield
