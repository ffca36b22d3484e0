"""Keeps the writer's lease beside a process's own work: by the control table, where there is one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from orders.adapters.inbound.periodic import Periodic
from orders.adapters.outbound.audit_log import LogAuditTrail
from orders.adapters.outbound.dynamodb.regions.alone_confirmations import DynamoAloneConfirmations
from orders.adapters.outbound.dynamodb.regions.control_table import DynamoControlTable
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.check_health import CheckHealth
from orders.application.operations.check_region import RegionProbe
from orders.application.operations.keep_lease import KeepLease
from orders.application.operations.watch_region import WatchRegion
from orders.application.policy.region_lease import RegionLease
from orders.bootstrap.aws import open_control_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.telemetry import Telemetry
from orders.ports.errors import NotTheWriter, PortError
from orders.ports.health import Probe
from orders.ports.lease import WriterLease

LEASE_WITHIN_SECONDS = 60
"""A new writer waits 35 s from when it first reads that it is the writer, and so does this command."""
INTERVAL = timedelta(seconds=5)
LONGEST_READ = timedelta(seconds=10)
"""Both regions of the control table may be waited for, and then the table of orders."""

_log = structlog.get_logger(__name__)

lease_clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
"""The clock of leases, in seconds: unlike Linux's monotonic clock it goes on while the machine is suspended."""


@dataclass(frozen=True, slots=True)
class HeldLease:
    """The lease of a process.

    Attributes:
        lease: what is asked before each write.
        keep: what keeps it; ``None`` where one region always writes.
    """

    lease: WriterLease
    keep: KeepLease | None = None

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Probes of whether traffic is to leave this region; none where there is but one."""
        return () if self.keep is None else (RegionProbe(self.keep.lease),)

    def work(self) -> tuple[Periodic, ...]:
        """Builds the work that keeps it."""
        return () if self.keep is None else (_every_interval(self.keep),)

    def work_watched(self, settings: Settings, telemetry: Telemetry, probes: Sequence[Probe]) -> tuple[Periodic, ...]:
        """Builds the same with the region's gauges; ``probes`` tell whether this region could take over."""
        if self.keep is None:
            return ()
        health = CheckHealth(probes, SystemClock())
        watch = WatchRegion(self.keep, health, telemetry.metrics, region=settings.aws_region, monotonic=lease_clock)
        return (_every_interval(watch),)


def _every_interval(work: KeepLease | WatchRegion) -> Periodic:
    return Periodic("control table", work.execute, INTERVAL, at_most=LONGEST_READ, spread=_jitter)


def _jitter() -> float:
    return random.uniform(0.8, 1.0)  # noqa: S311 - nobody gains by guessing it


@asynccontextmanager
async def working_beside(others: Sequence[Periodic]) -> AsyncIterator[None]:
    """Does periodic work for as long as the block runs."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(other.run(stop)) for other in others]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@asynccontextmanager
async def holding_lease(settings: Settings, telemetry: Telemetry, role: Role) -> AsyncIterator[HeldLease]:
    """Opens what the lease is kept by, and reads it once; what then keeps it is run by the caller."""
    if settings.control_table is None:
        yield HeldLease(AlwaysWriter())
        return
    clock = SystemClock()
    async with open_control_clients(settings, settings.aws_region, watch=telemetry.watch_client) as clients:
        keep = KeepLease(
            DynamoControlTable(
                {name: clients[name] for name in settings.control_table_regions}, settings.control_table
            ),
            # In this region's own table of orders, which is reached without any other region.
            DynamoAloneConfirmations(clients[settings.aws_region], names_of(settings, packaged_topology()).table()),
            RegionLease(settings.aws_region, monotonic=lease_clock, now=clock.now),
            LogAuditTrail(telemetry.metrics),
            clock,
            region=settings.aws_region,
            process=role,
            monotonic=lease_clock,
        )
        try:
            await keep.execute()
        except PortError as error:
            # Reads are served all the same.
            _log.warning("the control table can't be read; this process takes no changes yet", error=str(error))
        yield HeldLease(keep.lease, keep)


async def lease_held(lease: WriterLease, tell: Callable[[str], None]) -> None:
    """Waits until this region may write, for a command; its lease must be kept meanwhile. Raises: NotTheWriter."""
    for second in range(LEASE_WITHIN_SECONDS):
        try:
            lease.check()
        except NotTheWriter as error:
            if second == 0:
                tell(f"wait for the writer's lease: {error}")
            await asyncio.sleep(1)
        else:
            return
    lease.check()
