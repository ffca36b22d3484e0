"""Two people let a region write without the control table, for an hour at most."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.alone_confirmations import MemoryAloneConfirmations
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.application.regions.confirm_alone import ConfirmAlone, MayNotWriteAlone
from orders.ports.errors import TransientPortError
from orders.ports.regions import AloneConfirmation, AloneConfirmations, ControlState, Switch, SwitchStep
from tests.support.builders import NOON

CAPE, IRELAND = "af-south-1", "eu-west-1"
STATE = ControlState(3, CAPE, frozenset(), "terraform", NOON - timedelta(days=1))


class World:
    def __init__(self) -> None:
        self.confirmations = MemoryAloneConfirmations()
        self.table = MemoryControlTable(STATE)
        self.table.reachable = False
        self.clock = FixedClock(NOON)

    def operator(self, by: str | None, confirmations: AloneConfirmations | None = None) -> ConfirmAlone:
        return ConfirmAlone(confirmations or self.confirmations, self.table, self.clock, region=CAPE, by=by)

    async def allowed(self, epoch: int = 3) -> bool:
        found = await self.confirmations.read(CAPE)
        return found is not None and found.allows(region=CAPE, epoch=epoch, now=self.clock.now())


@pytest.fixture
def world() -> World:
    return World()


async def test_one_asks_and_another_confirms_for_an_hour_from_the_question(world: World) -> None:
    asked, words = await world.operator("thandi").execute(epoch=3)
    assert (asked.until, asked.confirmed_by) == (NOON + timedelta(hours=1), None)
    assert "second person" in words
    assert not await world.allowed()
    world.clock.advance(timedelta(minutes=20))
    confirmed, words = await world.operator("sipho").execute(epoch=3)
    assert (confirmed.asked_by, confirmed.confirmed_by, confirmed.until) == ("thandi", "sipho", asked.until)
    assert f"may write alone until {asked.until:%Y-%m-%d %H:%M:%S} UTC" in words
    assert await world.allowed()
    assert not await world.allowed(epoch=2)
    world.clock.advance(timedelta(minutes=40))
    assert not await world.allowed()


async def test_nobody_confirms_what_they_asked_for(world: World) -> None:
    await world.operator("thandi").execute(epoch=3)
    with pytest.raises(MayNotWriteAlone, match="somebody else has to confirm"):
        await world.operator("thandi").execute(epoch=3)
    assert not await world.allowed()


async def test_nobody_knows_who_a_nameless_operator_is(world: World) -> None:
    with pytest.raises(MayNotWriteAlone, match="two different people"):
        await world.operator(None).execute(epoch=3)
    assert await world.confirmations.read(CAPE) is None


async def test_in_force_it_is_not_prolonged(world: World) -> None:
    await world.operator("thandi").execute(epoch=3)
    confirmed, _ = await world.operator("sipho").execute(epoch=3)
    world.clock.advance(timedelta(minutes=59))
    for by in ("thandi", "sipho", "lerato"):
        again, words = await world.operator(by).execute(epoch=3)
        assert again == confirmed
        assert "in force already" in words


@pytest.mark.parametrize(("later", "epoch"), [(timedelta(hours=1), 3), (timedelta(minutes=5), 4)])
async def test_what_has_ended_or_is_of_another_epoch_is_asked_for_anew(
    world: World, later: timedelta, epoch: int
) -> None:
    await world.operator("thandi").execute(epoch=3)
    world.clock.advance(later)
    asked, _ = await world.operator("sipho").execute(epoch=epoch)
    assert (asked.asked_by, asked.confirmed_by, asked.epoch) == ("sipho", None, epoch)
    assert asked.until == NOON + later + timedelta(hours=1)


async def test_without_the_control_table_the_epoch_is_to_be_said(world: World) -> None:
    with pytest.raises(MayNotWriteAlone, match="--epoch N"):
        await world.operator("thandi").execute()


async def test_where_the_control_table_can_be_read_it_says_the_epoch(world: World) -> None:
    world.table.reachable = True
    asked, _ = await world.operator("thandi").execute()
    assert asked.epoch == 3
    with pytest.raises(MayNotWriteAlone, match="epoch 3, not 2"):
        await world.operator("sipho").execute(epoch=2)


SWITCHING = Switch(IRELAND, CAPE, True, False, SwitchStep.PREPARE, 4, frozenset(), "sipho", NOON)


@pytest.mark.parametrize(
    "state",
    [
        None,
        replace(STATE, writer=IRELAND),
        replace(STATE, evacuated=frozenset({CAPE})),
        replace(STATE, switch=SWITCHING),
    ],
    ids=["no item", "another writer", "evacuated", "switching"],
)
async def test_a_region_does_not_write_against_the_control_table(world: World, state: ControlState | None) -> None:
    world.table.reachable, world.table.state = True, state
    with pytest.raises(MayNotWriteAlone, match="does not let af-south-1 write"):
        await world.operator("thandi").execute(epoch=3)
    assert await world.confirmations.read(CAPE) is None


async def test_a_dry_run_keeps_nothing(world: World) -> None:
    await world.operator("thandi").execute(epoch=3, dry_run=True)
    assert await world.confirmations.read(CAPE) is None


async def test_of_two_who_ask_at_once_one_is_told(world: World) -> None:
    class Late(MemoryAloneConfirmations):
        async def read(self, region: str) -> AloneConfirmation | None:
            return None

        async def keep(self, confirmation: AloneConfirmation, *, seen: AloneConfirmation | None) -> None:
            await world.confirmations.keep(confirmation, seen=seen)

    await world.operator("thandi").execute(epoch=3)
    with pytest.raises(MayNotWriteAlone, match="at the same time"):
        await world.operator("sipho", Late()).execute(epoch=3)


async def test_without_its_own_table_a_region_can_not_be_let(world: World) -> None:
    world.confirmations.reachable = False
    with pytest.raises(TransientPortError):
        await world.operator("thandi").execute(epoch=3)
