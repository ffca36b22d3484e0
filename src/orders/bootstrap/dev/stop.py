"""`orders dev --stop`: stops the processes of a data directory, crash leftovers included, and reports them."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orders.bootstrap.dev import emulator
from orders.bootstrap.dev.local_processes import RunningService, emulator_of, renderers_of, running_service
from orders.bootstrap.errors import CannotRun

SERVICE_SECONDS = 60.0
"""More than work in flight may take, and the emulator to save."""
_POLL_SECONDS = 0.05


class StillRuns(CannotRun):
    """A process does not end."""


def stop_all(data_dir: Path) -> list[str]:
    """Stops everything on the data directory, so that its state is saved; returns a report, one line each.

    Raises: CannotRun: a process does not end, or could not save its state.
    """
    stopped = []
    service, running = running_service(data_dir), emulator_of(data_dir)
    if service is not None:
        _stop_service(service)
        stopped.append(f"stopped the service on {service.url} (process {service.pid})")
    if running is not None:
        # The service has stopped it already, unless it was killed once.
        emulator.stop(running)
        stopped.append(f"stopped the emulator on {running.url} (process {running.pid}); its state is kept")
    if left := _end_renderers(data_dir):
        stopped.append(f"ended what renders and was left by a crash (processes {', '.join(map(str, left))})")
    return stopped


def _stop_service(service: RunningService) -> None:
    with suppress(ProcessLookupError):
        os.kill(service.pid, signal.SIGTERM)
    if not _within(SERVICE_SECONDS, lambda: not service.is_alive()):
        raise StillRuns(
            f"the service (process {service.pid}) still runs {SERVICE_SECONDS:.0f} s after the request to stop; "
            f"end it with `kill -9 {service.pid}`, and its remaining processes with `make stop`"
        )


def _end_renderers(data_dir: Path) -> list[int]:
    # Those of a service that has just ended may need a moment: they are nobody's leftovers.
    _within(1.0, lambda: not renderers_of(data_dir))
    left = renderers_of(data_dir)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
