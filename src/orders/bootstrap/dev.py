"""`orders dev`: everything on one machine, over the embedded emulator."""

import asyncio
import importlib
import time
from typing import Any

from orders.adapters.outbound.rendering.system_libraries import MissingLibraries, check_system_libraries
from orders.bootstrap import emulator
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.listening import listen
from orders.bootstrap.settings import Settings


async def run_dev(settings: Settings, stop: asyncio.Event) -> None:
    """Run emulator, API, workers and relay until stopped; the emulator is stopped last, so that its state is kept.

    Raises: CannotRun: the port is taken, a library is missing, the emulator can't be started or has ended.
    """
    began = time.monotonic()
    try:
        check_system_libraries()
    except MissingLibraries as error:
        raise CannotRun(str(error)) from error
    python = emulator.emulator_python(settings.emulator_python)
    with listen(settings) as listener:
        # The emulator takes a second to start, and so does loading the service: both at once.
        loading = asyncio.create_task(asyncio.to_thread(_load_service))
        running = await emulator.start(
            settings.orders_data_dir, python, preferred_port=settings.emulator_port, region=settings.aws_region
        )
        try:
            service = await loading
            settings = settings.model_copy(update={"aws_endpoint_url": running.url})
            await service.run_service(settings, listener, stop, running, began)
        finally:
            await asyncio.to_thread(emulator.stop, running)


def _load_service() -> Any:
    return importlib.import_module("orders.bootstrap.dev_service")
