"""Watches the control table beside a process's own work, where there is one."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.outbound.dynamodb.control_table import DynamoControlTable
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.check_health import CheckHealth
from orders.application.operations.watch_region import WatchRegion
from orders.bootstrap.aws import open_control_clients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.telemetry import Telemetry
from orders.ports.health import Probe

INTERVAL = timedelta(seconds=5)


@asynccontextmanager
async def watching_region(
    settings: Settings, telemetry: Telemetry, probes: Sequence[Probe]
) -> AsyncIterator[tuple[Periodic, ...]]:
    """Opens what reads the control table, every 5 s; nothing where one region always writes.

    ``probes`` tell whether this region could take over.
    """
    if settings.control_table is None:
        yield ()
        return
    async with open_control_clients(settings, watch=telemetry.watch_client) as clients:
        watch = WatchRegion(
            DynamoControlTable(clients, settings.control_table),
            CheckHealth(probes, SystemClock()),
            telemetry.metrics,
            region=settings.aws_region,
            monotonic=time.monotonic,
        )
        yield (Periodic("control table", watch.execute, INTERVAL),)
