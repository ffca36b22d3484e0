"""After a takeover: what was pending is published, and every acknowledged change that was lost is named."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.region_changes import MemoryFindings, MemoryKeptChanges, MemoryRegionStream
from orders.application.regions.reconcile import TOGETHER, CannotReconcile, ErasuresReapplied, Reconcile
from orders.ports.errors import TransientPortError
from orders.ports.region_changes import ChangeKind, Fate, StoredChange
from orders.ports.regions import ControlState, Switch, SwitchStep
from tests.support.builders import NOON

CAPE, IRELAND = "af-south-1", "eu-west-1"
DONE = Switch(
    target=IRELAND,
    source=CAPE,
    planned=False,
    failback=False,
    step=SwitchStep.DONE,
    epoch=2,
    before=frozenset(),
    by="thandi",
    at=NOON - timedelta(minutes=5),
)
STATE = ControlState(2, IRELAND, frozenset({CAPE}), "thandi", DONE.at, 4, DONE)
EVENT = StoredChange(ChangeKind.EVENT, "demo", "ord_1", 5, 1, "order.updated", "2026-01-05T09:00:00.000Z")
ORDER = StoredChange(ChangeKind.ORDER, "demo", "ord_1", 5, 1)


@dataclass
class World:
    table: MemoryControlTable = field(default_factory=lambda: MemoryControlTable(STATE))
    old: MemoryRegionStream = field(default_factory=lambda: MemoryRegionStream(CAPE))
    new: MemoryRegionStream = field(default_factory=lambda: MemoryRegionStream(IRELAND))
    kept: MemoryKeptChanges = field(default_factory=MemoryKeptChanges)
    findings: MemoryFindings = field(default_factory=MemoryFindings)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    pending: int = 3
    erasures: ErasuresReapplied = field(default_factory=lambda: ErasuresReapplied("2 erased again", complete=True))
    done: list[str] = field(default_factory=list)

    def reconcile(self) -> Reconcile:
        async def republish() -> int:
            self.done.append("published")
            return self.pending

        async def reapply() -> ErasuresReapplied:
            self.done.append("erased")
            return self.erasures

        return Reconcile(
            self.table,
            [self.new, self.old],
            self.kept,
            self.findings,
            self.clock,
            region=IRELAND,
            republish=republish,
            reapply_erasures=reapply,
            tell=lambda _: None,
        )

    def lose(self, change: StoredChange, fate: Fate = Fate.MISSING) -> None:
        self.old.stored.append(change)
        self.kept.lost[change] = fate


@pytest.fixture
def world() -> World:
    return World()


async def test_what_was_pending_is_published_and_erasures_come_last(world: World) -> None:
    world.old.stored = [EVENT, ORDER]
    found = await world.reconcile().execute()
    assert (found.published, found.looked_at, found.erasures) == (3, {IRELAND: 0, CAPE: 2}, world.erasures)
    assert (found.settled, found.findings, found.warning) == (True, [], "")
    assert world.done == ["published", "erased"]


async def test_in_a_rehearsal_nothing_is_erased_again(world: World) -> None:
    reconcile = world.reconcile()
    reconcile._reapply_erasures = None
    found = await reconcile.execute()
    assert (found.erasures, found.settled, world.done) == (None, True, ["published"])


async def test_while_an_erasure_has_to_be_repeated_it_is_not_settled(world: World) -> None:
    world.erasures = ErasuresReapplied("1 of 2 failed", complete=False)
    found = await world.reconcile().execute()
    assert (found.findings, found.settled) == ([], False)


@pytest.mark.parametrize("fate", [Fate.MISSING, Fate.OVERWRITTEN])
async def test_a_lost_change_is_named_once_whatever_images_tell_of_it(world: World, fate: Fate) -> None:
    world.lose(EVENT, fate)
    world.lose(ORDER, fate)
    world.old.stored *= 3
    found = await world.reconcile().execute()
    assert [(each.finding_id, each.fate, each.region) for each in found.findings] == [
        ("event:demo/ord_1.1.5", fate, CAPE)
    ]
    assert not found.settled


async def test_of_many_changes_each_is_looked_up_once(world: World) -> None:
    many = [replace(EVENT, sequence=number) for number in range(3 * TOGETHER + 1)]
    world.old.stored = many * 2
    world.kept.lost = {many[1]: Fate.MISSING, many[-1]: Fate.OVERWRITTEN}
    found = await world.reconcile().execute()
    assert [each.change for each in found.findings] == sorted((many[1], many[-1]), key=lambda each: each.change_id)
    assert len(many) <= found.looked_at[CAPE] <= len(many) + TOGETHER


async def test_an_order_that_went_back_is_named_although_its_events_are_there(world: World) -> None:
    late = replace(ORDER, epoch=2, sequence=7)
    world.new.stored = [late]
    world.kept.lost[late] = Fate.OVERWRITTEN
    found = await world.reconcile().execute()
    assert [(each.finding_id, each.region) for each in found.findings] == [("order:demo/ord_1.2.7", IRELAND)]


@pytest.mark.parametrize("kind", [ChangeKind.ACCEPTANCE, ChangeKind.MAIL])
async def test_acceptances_and_mails_are_changes_too(world: World, kind: ChangeKind) -> None:
    world.lose(StoredChange(kind, "demo", "ord_9", 0, 1, what="0000000001#order_confirmation#h"))
    found = await world.reconcile().execute()
    assert [each.change.kind for each in found.findings] == [kind]


async def test_until_each_finding_is_acknowledged_it_is_not_settled(world: World) -> None:
    world.lose(EVENT)
    other = replace(EVENT, order_id="ord_2")
    world.lose(other)
    await world.reconcile().execute()
    left = await world.reconcile().acknowledge([EVENT.change_id], by="thandi")
    assert [each.finding_id for each in left.unacknowledged] == [other.change_id]
    await world.reconcile().acknowledge([other.change_id], by="sipho")
    again = await world.reconcile().execute()
    assert again.settled
    assert [(each.acknowledged_by, each.acknowledged_at) for each in again.findings] == [
        ("thandi", NOON),
        ("sipho", NOON),
    ]


async def test_who_acknowledged_it_first_stays(world: World) -> None:
    world.lose(EVENT)
    await world.reconcile().execute()
    for by in ("thandi", "sipho"):
        left = await world.reconcile().acknowledge([EVENT.change_id], by=by)
    assert [each.acknowledged_by for each in left.findings] == ["thandi"]


async def test_a_finding_that_never_was_is_refused(world: World) -> None:
    with pytest.raises(CannotReconcile, match="there is no finding 'event:x'"):
        await world.reconcile().acknowledge(["event:x"], by="thandi")


async def test_a_change_that_arrives_late_closes_its_finding(world: World) -> None:
    world.lose(EVENT)
    await world.reconcile().execute()
    world.kept.lost.clear()
    found = await world.reconcile().execute()
    assert (found.arrived, found.settled, found.findings) == (1, True, [])


async def test_a_region_that_has_not_returned_leaves_it_unsettled(world: World) -> None:
    world.old.reachable = False
    found = await world.reconcile().execute()
    assert (found.settled, list(found.unread)) == (False, [CAPE])
    assert world.done == ["published", "erased"]
    world.old.reachable = True
    world.lose(EVENT)
    assert [each.finding_id for each in (await world.reconcile().execute()).findings] == [EVENT.change_id]


async def test_what_was_found_is_kept_although_the_region_is_gone_again(world: World) -> None:
    world.lose(EVENT)
    first = await world.reconcile().execute()
    world.old.reachable = False
    world.clock.advance(timedelta(hours=1))
    again = await world.reconcile().execute()
    assert again.findings == first.findings


async def test_a_dry_run_only_names(world: World) -> None:
    world.lose(EVENT)
    found = await world.reconcile().execute(dry_run=True)
    assert [each.finding_id for each in found.findings] == [EVENT.change_id]
    assert (world.done, await world.findings.all()) == ([], [])


async def test_a_switch_older_than_the_streams_is_said(world: World) -> None:
    world.clock.advance(timedelta(hours=24))
    assert "`orders dr verify`" in (await world.reconcile().execute()).warning


@pytest.mark.parametrize(
    ("state", "writer"),
    [
        (replace(STATE, writer=CAPE, evacuated=frozenset()), CAPE),
        (replace(STATE, evacuated=frozenset({IRELAND})), "nobody"),
        (None, "nobody"),
    ],
)
async def test_only_the_region_that_writes_reconciles(world: World, state: ControlState | None, writer: str) -> None:
    world.table.state = state
    for attempt in (world.reconcile().execute(), world.reconcile().acknowledge(["x"], by="thandi")):
        with pytest.raises(CannotReconcile, match=f"that is {writer}"):
            await attempt
    assert world.done == []


async def test_interrupted_it_is_repeated_from_the_start(world: World) -> None:
    class Unreliable(MemoryKeptChanges):
        calls = 0

        async def fate(self, change: StoredChange) -> Fate:
            self.calls += 1
            if self.calls == 2:
                raise TransientPortError("orders table", "throttled")
            return await super().fate(change)

    world.kept = Unreliable()
    world.lose(EVENT)
    world.lose(replace(EVENT, order_id="ord_2"))
    # What could not be looked up is not taken for kept.
    found = await world.reconcile().execute()
    assert (found.settled, list(found.unread)) == (False, [CAPE])
    assert len((await world.reconcile().execute()).findings) == 2
