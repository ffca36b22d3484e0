"""Two emulated regions, a control table beside them, and replication between: everything that a drill stands on."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orders.adapters.outbound.dynamodb.items.instants import instant_text
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.chaos.observer import Observer
from tests.chaos.stack import ENVIRONMENT, ORDERS, SHORT_WAITS, TENANT, aws_client
from tests.drill.regions.emulators import Emulators
from tests.drill.regions.front import Front, Ground
from tests.drill.regions.region import Region
from tests.drill.replication.changes import TableStream
from tests.drill.replication.gate import Gate
from tests.drill.replication.simulator import Place, Simulator, lags, replicated
from tests.drill.verdict.facts import ControlSeen
from tests.support.ports import held_port

PRIMARY, SECONDARY = "af-south-1", "eu-west-1"
CONTROL_REGIONS = ("eu-west-1", "eu-central-1")
EMULATED = (PRIMARY, SECONDARY, CONTROL_REGIONS[-1])
"""Each has an emulator; the last one has the control table only."""
CONTROL_TABLE = f"bbws-orders-control-{ENVIRONMENT}"
WORKERS = ("record-creator", "pdf-creator", "internal-notifier", "customer-notifier")
"""Those that a story of the load passes; the others would take a processor's time and do nothing."""
REPLICATED_TABLES = ("orders", "erasure_ledger")
MOST_SKEW_MS = 300
_DECIDED_LONG_AGO = timedelta(days=1)
"""An epoch decided so long ago is nobody's news: no process waits for a predecessor at its start."""


@dataclass
class World:
    """The ground of a drill.

    Attributes:
        observer: what reached the buses and the mail services of both regions.
    """

    regions: Mapping[str, Region]
    ground: Ground
    simulator: Simulator
    observer: Observer
    issuer: DevIssuer
    skew_ms: Mapping[str, int]
    _control_stream: TableStream
    _control_seen: list[ControlSeen]

    @property
    def primary(self) -> Region:
        """The region that writes first."""
        return self.regions[PRIMARY]

    @property
    def secondary(self) -> Region:
        """The other one."""
        return self.regions[SECONDARY]

    def token(self, role: str) -> str:
        """A token of the demo shop, good for the whole drill."""
        now = datetime.now(UTC)
        return self.issuer.token(
            tenant_id=TENANT, customer_id="cust_test_001", roles=[role], now=now, valid_for=timedelta(hours=4)
        )

    async def kill(self, region: Region) -> None:
        """kill -9 of all its processes at once; its AWS is out of everybody's reach, what is on its way held back.

        The emulator itself stays: it keeps all in memory, and AWS's disks don't forget when a region fails.
        """
        region.kill()
        self.ground.dead.add(region.name)
        await self.simulator.region_died(region.name)
        await region.ended()

    async def reach(self, region: Region) -> None:
        """The region's AWS is in reach again, and what it held goes on its way."""
        self.ground.dead.discard(region.name)
        await self.simulator.region_returned(region.name)

    async def let_return(self, region: Region) -> None:
        """The region, in reach again, comes back by itself: its processes start."""
        await region.start()
        await region.answers()

    async def control(self) -> list[ControlSeen]:
        """Everything that the control table has said so far."""
        for change in await self._control_stream.read():
            image = change.image or {}
            self._control_seen.append(
                ControlSeen(
                    change.at_ms / 1000,
                    int(image["epoch"]["N"]),
                    image["writer"]["S"],
                    frozenset(each["S"] for each in image["evacuated"]["L"]),
                )
            )
        return self._control_seen


@asynccontextmanager
async def running_world(directory: Path, emulators: Emulators, *, seed: int) -> AsyncIterator[World]:
    """Two regions with their resources and processes, all on loopback; of these nothing is left running.

    Args:
        emulators: of ``EMULATED``, for this world alone while it is there.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with AsyncExitStack() as stack:
        await emulators.empty()
        addresses = dict(emulators.addresses)
        control = addresses.pop(CONTROL_REGIONS[-1])
        topology = packaged_topology()
        ground = Ground(
            addresses,
            control,
            CONTROL_REGIONS[-1],
            CONTROL_TABLE,
            topology.table_name(ENVIRONMENT),
            gates={name: Gate() for name in addresses},
        )
        observer = Observer()
        regions = {name: await _region(stack, ground, observer, directory, name) for name in addresses}
        await asyncio.gather(*(_make_resources(region) for region in regions.values()))
        dynamodb, stream = await _make_control_table(stack, control)
        seen = [await _plant_writer(dynamodb)]
        await stream.read()
        skew_ms = {PRIMARY: chance.randint(-MOST_SKEW_MS, MOST_SKEW_MS), SECONDARY: 0}
        simulator = await _simulator(stack, ground, regions, skew_ms, chance)
        issuer = DevIssuer(directory / "data")
        world = World(regions, ground, simulator, observer, issuer, skew_ms, stream, seen)
        try:
            for region in regions.values():
                await region.start()
            await asyncio.gather(*(region.answers() for region in regions.values()))
            async with simulator.running():
                yield world
        finally:
            for region in regions.values():
                region.kill()
                await region.ended()


async def _region(stack: AsyncExitStack, ground: Ground, observer: Observer, directory: Path, name: str) -> Region:
    front, operators = (
        Front(ground, name, on_effect=observer, is_operator=is_operator) for is_operator in (False, True)
    )
    # Held, since the region comes back to it minutes after its death.
    port = stack.enter_context(held_port())
    (other,) = ground.emulators.keys() - {name}
    environment = os.environ | SHORT_WAITS | {
        "ENVIRONMENT": ENVIRONMENT,
        "ORDERS_DATA_DIR": str(directory / "data"),
        "DEV_ISSUER_ENABLED": "true",
        "API_PORT": str(port),
        "AWS_REGION": name,
        "OTHER_REGION": other,
        "CONTROL_TABLE": ground.control_table,
        "CONTROL_TABLE_REGIONS": ",".join(CONTROL_REGIONS),
        "AWS_ENDPOINT_URL": await stack.enter_async_context(front.serving()),
    }  # fmt: skip
    health_checks = ",".join(f"{region}={region}" for region in ground.emulators)
    return Region(
        name=name,
        base=f"http://127.0.0.1:{port}",
        emulator_url=ground.emulators[name],
        commands={"api": ("api",), "relay": ("relay",)} | {worker: ("worker", worker) for worker in WORKERS},
        environment=environment,
        operator=environment
        | {"AWS_ENDPOINT_URL": await stack.enter_async_context(operators.serving()), "HEALTH_CHECKS": health_checks},
        logs=directory,
    )


async def _make_resources(region: Region) -> None:
    environment = dict(region.environment) | {"AWS_ENDPOINT_URL": region.emulator_url}
    made = await asyncio.create_subprocess_exec(
        ORDERS, "bootstrap", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await made.communicate()
    if made.returncode:
        raise RuntimeError(f"the resources of {region.name} could not be created: {printed.decode()[-500:]}")


async def _make_control_table(stack: AsyncExitStack, address: str) -> tuple[Any, TableStream]:
    dynamodb, streams = [
        await stack.enter_async_context(aws_client(address, service, CONTROL_REGIONS[-1]))
        for service in ("dynamodb", "dynamodbstreams")
    ]
    (declared,) = (table for table in packaged_topology().tables if table.key == "control")
    await dynamodb.create_table(
        TableName=CONTROL_TABLE,
        KeySchema=[{"AttributeName": declared.partition_key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": declared.partition_key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb, await TableStream.opened(dynamodb, streams, CONTROL_TABLE)


async def _plant_writer(dynamodb: Any) -> ControlSeen:
    """Make the item as Terraform does, a day ago."""
    at = datetime.now(UTC) - _DECIDED_LONG_AGO
    item = {
        "PK": {"S": "WRITER"},
        "epoch": {"N": "1"},
        "writer": {"S": PRIMARY},
        "evacuated": {"L": []},
        "by": {"S": "terraform"},
        "at": {"S": instant_text(at)},
    }
    await dynamodb.put_item(TableName=CONTROL_TABLE, Item=item)
    return ControlSeen(at.timestamp(), 1, PRIMARY)


async def _simulator(
    stack: AsyncExitStack,
    ground: Ground,
    regions: Mapping[str, Region],
    skew_ms: Mapping[str, int],
    chance: random.Random,
) -> Simulator:
    topology = packaged_topology()
    places = {}
    for name, region in regions.items():
        dynamodb, streams, s3 = [
            await stack.enter_async_context(region.client(service)) for service in ("dynamodb", "dynamodbstreams", "s3")
        ]
        places[name] = Place(dynamodb, streams, s3, ground.gates[name], skew_ms[name])
    tables = [topology.table_name(ENVIRONMENT, key) for key in REPLICATED_TABLES]
    buckets = [dict.fromkeys(regions, topology.bucket_name("orders", ENVIRONMENT))]
    return await replicated(places, tables, buckets, lags(chance))
