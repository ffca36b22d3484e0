"""The rehearsal: load on A, A killed, B takes over, A returns late, what was lost is named, and A writes again."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orders.adapters.outbound.dynamodb.keys import ORDER_SORT_KEY
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.chaos.stack import ENVIRONMENT
from tests.drill.dns import DnsTimes, FailoverRecord, following
from tests.drill.gathering import orders_of
from tests.drill.journal import Journal
from tests.drill.load import Load
from tests.drill.phases import Phases
from tests.drill.reconciling import Reconciling, rebuild_events
from tests.drill.regions.region import CommandFailed, Region
from tests.drill.regions.world import PRIMARY, SECONDARY, World
from tests.drill.verdict.facts import Facts, OrderSeen, Times
from tests.drill.verdict.lease import HANDOVER_SECONDS
from tests.drill.waiting import until

STUCK_AFTER_SECONDS = 60.0
"""Without any movement for so long, what is left over stays: the verdict says what is missing because of it."""
QUIET_SECONDS = 4.0
NOTICED_SECONDS = 6.0
"""So long after a switch each process has read it, which is every 5 s."""
KILLED_BETWEEN = (0.3, 0.9)
"""The share of the first load that has been placed when A dies."""
SHARES = (0.6, 0.2, 0.2)
"""Of all orders: before and during the takeover, while A returns, during the failback."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one drill is run.

    Attributes:
        dns_factor: by which DNS is faster than Route 53. Nothing else is: leases have their real times.
    """

    seed: int
    orders: int
    directory: Path
    dns_factor: float = 10.0
    per_second: float = 6.0


@dataclass
class Drill:
    """One run, and what it has seen so far."""

    plan: Plan
    world: World
    phases: Phases
    record: FailoverRecord = field(init=False)
    chance: random.Random = field(init=False)
    moments: dict[str, float] = field(default_factory=dict)
    survived: dict[str, OrderSeen] = field(default_factory=dict)
    reconciling: Reconciling = field(default_factory=Reconciling)
    refused_early: str = ""

    def __post_init__(self) -> None:
        self.record = FailoverRecord(PRIMARY, SECONDARY, DnsTimes().shortened(self.plan.dns_factor))
        self.chance = random.Random(self.plan.seed)  # noqa: S311 - repeatable on purpose
        self.world.ground.checked = lambda region: self.record.checks[region].healthy

    async def run(self) -> Facts:
        """Do it all and return what was seen.

        Raises: CommandFailed, TimeoutError: it could not go on; ExceptionGroup: it could not under load.
        """
        bases = {name: region.base for name, region in self.world.regions.items()}
        with Journal(self.plan.directory / "journal.jsonl") as journal:
            load = Load(self.record, bases, journal, self.world.token, self.plan.seed, per_second=self.plan.per_second)
            async with following(self.record, bases):
                await self._refuse_while_healthy()
                await self._lose_primary(load)
                await self._go_on_in_secondary(load)
                await self._fail_back(load)
            self.phases.begin("gather the facts")
            return await self._facts(load, journal)

    async def _refuse_while_healthy(self) -> None:
        """A takeover that nobody needs is refused."""
        self.phases.begin("a takeover that nobody needs")
        said = await self.world.secondary.command(
            "dr", "takeover", "--to", SECONDARY, "--unplanned", "--yes", "--json", exit_codes=(0, 2)
        )
        if said.exit_code == 0:
            raise CommandFailed(f"a takeover was not refused while {PRIMARY} was healthy")
        self.refused_early = said.complaints.strip().splitlines()[-1]

    async def _lose_primary(self, load: Load) -> None:
        world, orders = self.world, round(self.plan.orders * SHARES[0])
        self.phases.begin("load before the death")
        async with asyncio.TaskGroup() as group:
            under_load = group.create_task(load.run(orders))
            point = orders * self.chance.uniform(*KILLED_BETWEEN)
            await until(lambda: load.acknowledged >= point or under_load.done())
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            self._now("killed")
            await world.kill(world.primary)
            self.phases.begin("until DNS has left")
            self.survived = await orders_of(world.secondary)
            self._say(f"{PRIMARY} killed after {load.acknowledged} acknowledged requests")
            await until(lambda: not self.record.checks[PRIMARY].healthy)
            self.phases.begin("takeover")
            await world.secondary.command("dr", "takeover", "--to", SECONDARY, "--unplanned", "--yes", "--json")
            self.moments["taken_over"] = (await world.control())[-1].at
            self._say(f"{SECONDARY} took over {self.moments['taken_over'] - self.moments['killed']:.1f} s after")
            # As the runbook has it: at once, and so it waits for a lease while the service does.
            self.phases.begin("reconcile while the service waits for its lease")
            replaying = group.create_task(self._replay(world.secondary, self.moments["taken_over"]))
            await self.reconciling.begin(world.secondary)
            self.phases.begin("rest of the replay")
            await replaying
            self.phases.begin("rest of the load")
        self._say(f"the load went on: {load.acknowledged} acknowledged requests")

    async def _go_on_in_secondary(self, load: Load) -> None:
        world = self.world
        self.phases.begin("load before the return")
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run(round(self.plan.orders * SHARES[1])))
            await asyncio.sleep(self.chance.uniform(0, 2))
            self.phases.begin("return, and reconcile")
            self._now("returned")
            await world.reach(world.primary)
            group.create_task(world.let_return(world.primary))
            # It waits for a lease first, and meanwhile all arrives.
            arriving = group.create_task(self._arrived())
            findings = await self.reconciling.complete(world.secondary, arriving)
            self.phases.begin("rest of the load after the return")
        self._say(f"reconcile named {len(self.reconciling.named.orders)} orders")
        self.phases.begin("settle before the failback, and acknowledge")
        # At once: the failback itself compares the copies before it hands over.
        async with asyncio.TaskGroup() as group:
            group.create_task(self.reconciling.deal_with(world.secondary, findings))
            group.create_task(self._settled([world.secondary]))
            group.create_task(world.simulator.drained())

    async def _fail_back(self, load: Load) -> None:
        world = self.world
        self.phases.begin("failback")
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run(self.plan.orders - load.placed))
            await asyncio.sleep(self.chance.uniform(0, 1))
            self._now("failback_began")
            await world.secondary.command("dr", "failback", "--to", PRIMARY, "--yes", "--json")
            self.moments["failed_back"] = (await world.control())[-1].at
            self._say(f"failed back in {self.moments['failed_back'] - self.moments['failback_began']:.1f} s")
            self.phases.begin("reconcile while the service waits for its lease again")
            replaying = group.create_task(self._replay(world.primary, self.moments["failed_back"]))
            await self.reconciling.deal_with(world.primary, await self.reconciling.complete(world.primary))
            self.phases.begin("rest of the replay after the failback")
            await replaying
            self.phases.begin("rest of the load after the failback")
        self.phases.begin("settle")
        await self._settled([world.primary])
        await world.simulator.drained()
        self._say("all has settled")

    async def _arrived(self) -> float:
        """Wait until all that the primary held has arrived, and return when that was.

        Nothing is written there: it has all of its past told then.
        """
        await self.world.simulator.drained(origin=PRIMARY)
        self._now("arrived")
        self._say(f"{PRIMARY} came back, and what it held has arrived")
        return self.moments["arrived"]

    async def _replay(self, region: Region, switched_at: float) -> None:
        """Publish again what the other region may have had in its queues, when this one's processes may all write."""
        await asyncio.sleep(max(0.0, switched_at + HANDOVER_SECONDS + NOTICED_SECONDS - time.time()))
        await rebuild_events(region)

    async def _settled(self, regions: list[Region]) -> None:
        """Wait until nothing moves in these regions any more."""
        last: Any = None
        moved = quiet_since = time.monotonic()
        while True:
            waiting = [await region.waiting() for region in regions]
            ours = [_of_our_workers(region, each) for region, each in zip(regions, waiting, strict=True)]
            state = (ours, self.world.observer.mails.total(), self.world.observer.events.total())
            now = time.monotonic()
            if state != last:
                last, moved, quiet_since = state, now, now
            elif any(map(sum, (each.values() for each in ours))) and now - moved < STUCK_AFTER_SECONDS:
                quiet_since = now
            if now - quiet_since > QUIET_SECONDS:
                return
            await asyncio.sleep(0.5)

    def _say(self, line: str) -> None:
        self.phases.tell(line)

    def _now(self, moment: str) -> None:
        self.moments[moment] = time.time()

    async def _facts(self, load: Load, journal: Journal) -> Facts:
        world = self.world
        keys = [conflict.lost.key for conflict in world.simulator.conflicts]
        return Facts(
            primary=PRIMARY,
            secondary=SECONDARY,
            times=Times(**self.moments),
            entries=tuple(journal.entries),
            stories=dict(load.stories),
            orders={name: await orders_of(region) for name, region in world.regions.items()},
            survived=self.survived,
            control=tuple(await world.control()),
            writes=tuple(world.ground.writes),
            answers=tuple(self.record.history),
            mails=dict(world.observer.mails),
            published=dict(world.observer.events),
            named=self.reconciling.named.orders,
            named_mails=self.reconciling.named.mails,
            overwritten=frozenset(order for key in keys if (order := order_of(key))),
            overwritten_mails=frozenset(mail for key in keys if (mail := mail_of(key))),
        )


def mail_of(key: tuple[str, ...]) -> tuple[str, str] | None:
    """Returns the order and the template of a mail intent's key; ``None`` for other items."""
    partition, *rest = key
    return (partition.rpartition("#")[2], rest[0].split("#")[1]) if "#MAIL#" in partition and rest else None


def order_of(key: tuple[str, ...]) -> str | None:
    """Returns the order of an order's own key; ``None`` for other items."""
    partition, *rest = key
    return partition.rpartition("#")[2] if "#ORDER#" in partition and rest == [ORDER_SORT_KEY] else None


def _of_our_workers(region: Region, waiting: Mapping[str, int]) -> dict[str, int]:
    """Returns what waits in the outbox and in the queues that somebody works on."""
    worked_on = {queue.name for queue in packaged_topology().queues if queue.worker in region.commands}
    worked_on = {f"{name}-{ENVIRONMENT}" for name in worked_on}
    return {name: count for name, count in waiting.items() if name in worked_on or name == "outbox"}
