"""The relay's watch of the control table, over moto's regions: one of them answers, and gauges are shown ([DATA-3])."""

import asyncio
import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.regions.alone_confirmations import DynamoAloneConfirmations
from orders.adapters.outbound.dynamodb.regions.control_table import ITEM_KEY
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.bootstrap.aws import open_control_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.region_watch import INTERVAL, holding_lease, lease_clock
from orders.bootstrap.telemetry import Telemetry
from orders.ports.errors import NotTheWriter, PermanentPortError
from orders.ports.metric_catalogue import LEASE_AGE_SECONDS, MINUTES_WITHOUT_WRITER, STANDBY_NOT_READY, WRITERS
from orders.ports.regions import AloneConfirmation
from tests.contract.moto_server import moto_server
from tests.support.eventually import eventually
from tests.support.service import Dependency

NAME = "control-watched"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
async def settings(aws: str) -> Settings:
    """Settings of a region whose control table stands in the second of its regions alone."""
    found = load_settings(
        aws_endpoint_url=aws,
        aws_region="eu-west-1",
        other_region="af-south-1",
        control_table=NAME,
        control_table_regions=("eu-west-1", "eu-central-1"),
    )
    item: dict[str, Any] = {"epoch": 1, "writer": "af-south-1", "evacuated": [], "by": "terraform"}
    async with open_control_clients(found) as clients:
        table = clients["eu-central-1"]
        await ensure_table(table, packaged_topology().table_of("control"), NAME, Changes())
        await table.put_item(TableName=NAME, Item=to_wire(ITEM_KEY | item | {"at": "2026-01-01T00:00:00.000Z"}))
    return found


async def test_the_item_is_read_from_the_region_that_has_it_and_told(settings: Settings) -> None:
    metrics, dependency, stop = MemoryMetrics(), Dependency("orders table"), asyncio.Event()
    dependency.fail()
    telemetry = Telemetry(metrics=metrics)
    async with holding_lease(settings, telemetry, Role.RELAY) as held:
        (watch,) = held.work_watched(settings, telemetry, [dependency])
        running = asyncio.create_task(watch.run(stop))
        await asyncio.to_thread(
            eventually, lambda: metrics.now(STANDBY_NOT_READY) is not None, within_seconds=30, what="it is told"
        )
        stop.set()
        await running
        assert held.lease.remaining() == 0, "the other region writes"
    shown = [metrics.now(metric) for metric in (WRITERS, MINUTES_WITHOUT_WRITER, STANDBY_NOT_READY)]
    assert shown == [1, 0, 1]
    assert 0 <= (metrics.now(LEASE_AGE_SECONDS) or 0) < INTERVAL.total_seconds()


async def test_one_region_alone_watches_nothing_and_always_writes() -> None:
    settings = load_settings()
    async with holding_lease(settings, Telemetry(), Role.RELAY) as held:
        assert held.work() == held.work_watched(settings, Telemetry(), []) == ()
        assert held.lease.check() == 1
        assert held.lease.remaining() == math.inf


async def test_a_process_starts_without_the_control_table_and_takes_no_changes(
    settings: Settings,
) -> None:
    beyond = settings.model_copy(update={"control_table_regions": ("eu-west-1",)})
    async with holding_lease(beyond, Telemetry(), Role.API) as held:
        (work,) = held.work()
        assert work.name == "control table"
        with pytest.raises(NotTheWriter, match="not been read yet"):
            held.lease.check()


async def test_the_region_that_is_named_holds_the_lease_from_the_first_moment(settings: Settings) -> None:
    named = settings.model_copy(update={"aws_region": "af-south-1", "other_region": "eu-west-1"})
    async with holding_lease(named, Telemetry(), Role.API) as held:
        assert held.lease.check() == 1
        assert 25 < held.lease.remaining() <= 30


def test_the_clock_of_leases_goes_on_while_the_machine_sleeps() -> None:
    assert abs(lease_clock() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1


async def test_a_region_that_is_cut_off_asks_its_own_table_of_orders_whether_it_may_write_alone(
    settings: Settings,
) -> None:
    named = settings.model_copy(update={"aws_region": "af-south-1", "other_region": "eu-west-1"})
    declared = packaged_topology()
    async with open_control_clients(named, "af-south-1") as clients:
        own, table = clients["af-south-1"], declared.table_name(named.environment)
        await ensure_table(own, declared.table_of("orders"), table, Changes())
        until = datetime.now(UTC) + timedelta(minutes=30)
        said = AloneConfirmation("af-south-1", 1, "thandi", "sipho", until)
        await DynamoAloneConfirmations(own, table, AlwaysWriter()).keep(said, seen=None)
    async with holding_lease(named, Telemetry(), Role.API) as held:
        assert held.keep is not None
        lease = held.keep.lease
        # As if the last good read were long ago.
        lease.heard(lease.state, asked_at=lease_clock() - 60)
        assert held.lease.remaining() == 0
        async with open_control_clients(named) as clients:
            await clients["eu-central-1"].delete_table(TableName=NAME)
        with pytest.raises(PermanentPortError):
            await held.keep.execute()
        assert lease.alone
        assert held.lease.check() == 1
