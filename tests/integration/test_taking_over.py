"""`orders dr` on two regions of moto and a control table beside them: as it is put together for operators ([OPS-9])."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.application.regions.compare_copies import CompareCopies
from orders.application.regions.desk import RegionDesk
from orders.application.regions.errors import NoControlItem, NotCopied, StillHealthy
from orders.application.regions.switch_writer import DRAIN, SwitchRequest
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.operator.regions import open_regions
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.region_readiness import Need
from orders.ports.regions import SwitchStep
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server

CAPE, IRELAND, FRANKFURT = "af-south-1", "eu-west-1", "eu-central-1"
FORTH, BACK = SwitchRequest(IRELAND, CAPE), SwitchRequest(CAPE, IRELAND, failback=True)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


class Regions:
    """Both regions' tables, and a control table that is in Ireland alone: moto copies nothing."""

    def __init__(self, aws: str) -> None:
        self.name = f"orders-{uuid4().hex[:10]}"
        self.aws = aws
        self.paused: list[float] = []
        self.copying = True
        self.told: list[str] = []

    def settings(self, region: str) -> Settings:
        return load_settings(
            Role.OPERATOR,
            environment="dev",
            aws_endpoint_url=self.aws,
            aws_region=region,
            other_region=IRELAND if region == CAPE else CAPE,
            orders_table=self.name,
            control_table=f"{self.name}-control",
            control_table_regions=(IRELAND,),
        )

    async def create(self) -> None:
        topology = packaged_topology()
        for region in (CAPE, IRELAND):
            async with Endpoint("moto", self.aws).client("dynamodb", region_name=region) as client:
                await ensure_table(client, topology.table_of("orders"), self.name, Changes())
                if region == IRELAND:
                    await ensure_table(client, topology.table_of("control"), f"{self.name}-control", Changes())

    async def copy(self) -> None:
        """Copies the markers, as DynamoDB does within a second or two."""
        endpoint = Endpoint("moto", self.aws)
        async with (
            endpoint.client("dynamodb", region_name=CAPE) as a,
            endpoint.client("dynamodb", region_name=IRELAND) as b,
        ):
            for source, target in ((a, b), (b, a)):
                for item in (await source.scan(TableName=self.name))["Items"]:
                    if item["SK"]["S"] == "MARK":
                        await target.put_item(TableName=self.name, Item=item)

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        if self.copying:
            await self.copy()

    @asynccontextmanager
    async def operator(self, region: str = CAPE) -> AsyncIterator[RegionDesk]:
        async with open_regions(self.settings(region), tell=self.told.append) as desk:
            desk.switch._pause = self.pause
            assert isinstance(desk.switch._copies, CompareCopies)
            desk.switch._copies._pause = self.pause
            yield desk

    async def item(self) -> dict[str, Any]:
        async with Endpoint("moto", self.aws).client("dynamodb", region_name=IRELAND) as client:
            answer = await client.get_item(TableName=f"{self.name}-control", Key=to_wire({"PK": "WRITER"}))
            item: dict[str, Any] = answer["Item"]
            return item


@pytest.fixture
async def regions(aws: str) -> Regions:
    made = Regions(aws)
    await made.create()
    return made


async def test_there_and_back_again_from_the_first_item_on(regions: Regions) -> None:
    async with regions.operator() as desk:
        with pytest.raises(NoControlItem):
            await desk.switch.execute(FORTH)
        first = await desk.switch.execute(SwitchRequest(CAPE, IRELAND, first_epoch=1))
        assert (first.epoch, first.may_write) == (1, CAPE)
        over = await desk.switch.execute(FORTH)
        assert (over.epoch, over.may_write, over.evacuated) == (2, IRELAND, frozenset({CAPE}))
        assert regions.paused[0] == DRAIN.total_seconds()
    async with regions.operator(IRELAND) as desk:
        assert (await desk.switch.execute(BACK)).may_write == CAPE
        status = await desk.status.execute()
    assert status.state is not None
    assert (status.state.epoch, status.state.evacuated) == (3, frozenset())
    assert status.state.switch is not None
    assert status.state.switch.step is SwitchStep.DONE
    assert [each.region for each in status.regions] == [IRELAND, CAPE]
    # Nothing is deployed on moto: that can't be asked, and is no reason to refuse.
    assert {finding.ok for each in status.regions for finding in each.findings if finding.need is Need.IMAGES} == {None}


async def test_a_marker_that_does_not_arrive_stops_it_and_the_switch_is_in_the_item(regions: Regions) -> None:
    async with regions.operator() as desk:
        await desk.switch.execute(SwitchRequest(CAPE, IRELAND, first_epoch=1))
        regions.copying = False
        with pytest.raises(NotCopied, match="the markers of 8 of 8 shards have not arrived"):
            await desk.switch.execute(FORTH)
    item = await regions.item()
    assert item["switch"]["M"]["step"] == {"S": "compare"}
    assert item["evacuated"] == {"L": [{"S": CAPE}]}
    async with regions.operator(IRELAND) as desk:
        given_up = await desk.switch.abandon()
    assert given_up.may_write == CAPE
    assert "switch" not in await regions.item()


async def test_of_two_at_once_one_wins(regions: Regions) -> None:
    async with regions.operator() as one, regions.operator(IRELAND) as other:
        await one.switch.execute(SwitchRequest(CAPE, IRELAND, first_epoch=1))
        both = await asyncio.gather(*(desk.switch.execute(FORTH) for desk in (one, other)), return_exceptions=True)
    states = [each for each in both if not isinstance(each, BaseException)]
    assert states
    assert {(state.epoch, state.may_write) for state in states} == {(2, IRELAND)}
    assert (await regions.item())["epoch"] == {"N": "2"}


async def test_an_unplanned_one_is_refused_without_a_health_check(regions: Regions) -> None:
    async with regions.operator(IRELAND) as desk:
        await desk.switch.execute(SwitchRequest(CAPE, IRELAND, first_epoch=1))
        with pytest.raises(StillHealthy, match="HEALTH_CHECKS"):
            await desk.switch.execute(SwitchRequest(IRELAND, CAPE, planned=False))
        forced = await desk.switch.execute(SwitchRequest(IRELAND, CAPE, planned=False, force=True))
    assert forced.may_write == IRELAND


async def test_one_person_does_not_let_a_region_write_alone(regions: Regions) -> None:
    async with regions.operator() as desk:
        await desk.switch.execute(SwitchRequest(CAPE, IRELAND, first_epoch=1))
        asked, words = await desk.alone.execute()
    assert (asked.epoch, asked.confirmed_by) == (1, None)
    assert "a second person" in words
