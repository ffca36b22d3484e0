"""`orders dev`: everything on one machine, over the embedded emulator."""

import asyncio
import fcntl
import importlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orders.adapters.outbound.rendering.pdf.system_libraries import MissingLibraries, check_system_libraries
from orders.adapters.privacy.files import append_private, private_directory, take_from_others
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev import emulator
from orders.bootstrap.dev.local_processes import DATA_DIR_MARK, SERVICE_RECORD, note_service
from orders.bootstrap.dev.shown import Shown
from orders.bootstrap.dev.terminal_log import EARLIER_LOG_FILE, LOG_FILE
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.server.sockets import base_url, listen

OWN_NAMES = frozenset(
    {
        "audit.log", "dev-issuer-key.pem", SERVICE_RECORD, "emulator", "emulator.json", "emulator.lock", "emulator.log",
        "emulator.log.1", "mails", LOG_FILE, EARLIER_LOG_FILE,
    }
)  # fmt: skip
"""Everything that a data directory holds."""


async def run_dev(settings: Settings, stop: asyncio.Event, shown: Shown) -> None:
    """Runs emulator, API, workers and relay until stopped; the emulator is stopped last, so that its state is saved.

    Raises: CannotRun: the port is taken, a library is missing, the emulator can't be started or has ended.
    """
    began = time.monotonic()
    try:
        check_system_libraries()
    except MissingLibraries as error:
        raise CannotRun(str(error)) from error
    python = emulator.emulator_python(settings.emulator_python)
    with _alone(settings), listen(settings) as listener:
        # The emulator takes a second to start, and so does loading the service: both at once.
        loading = asyncio.create_task(asyncio.to_thread(_load_service))
        running = await emulator.start(
            settings.orders_data_dir, python, preferred_port=settings.emulator_port, region=settings.aws_region
        )
        try:
            service = await loading
            settings = settings.model_copy(update={"aws_endpoint_url": running.url})
            await service.run_service(settings, listener, stop, running, began, shown)
        finally:
            # One that has ended by itself has saved nothing, and is told of as the error that it is.
            is_saved = running.is_alive() or emulator.was_stopped(running)
            if is_saved:
                print("stopping, and saving what the emulator holds ...", flush=True)  # noqa: T201 - to who stopped it
            await asyncio.to_thread(emulator.stop, running)
            if is_saved:
                print(f"stopped; all is kept in {settings.orders_data_dir}", flush=True)  # noqa: T201


def make_data_dir(data_dir: Path) -> None:
    """Creates the directory if missing. Raises: CannotRun."""
    try:
        private_directory(data_dir)
        take_from_others(data_dir, OWN_NAMES)
    except OSError as error:
        raise CannotRun(f"the data directory {data_dir} is not writable: {error.strerror or error}") from error


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Locks the data directory: a second service on it would stop the first one's emulator.

    The lock is the kernel's and ends with the process, however that ends. Raises: CannotRun.
    """
    data_dir = settings.orders_data_dir
    make_data_dir(data_dir)
    try:
        lock = append_private(data_dir / SERVICE_RECORD)
    except OSError as error:
        raise CannotRun(f"the data directory {data_dir} is not writable: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotRun(
                f"`orders dev` already runs on {data_dir}; use that one, or choose another directory with --data-dir"
            ) from error
        note_service(lock, base_url(settings))
        # By this `orders dev --stop` knows whose renderers it finds.
        os.environ[DATA_DIR_MARK] = str(data_dir.resolve())
        yield


def _load_service() -> Any:
    return importlib.import_module("orders.bootstrap.dev.service")
