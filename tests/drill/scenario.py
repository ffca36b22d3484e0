"""The rehearsal: load on A, A killed, B takes over, A returns late, what was lost is named, and A writes again."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
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
from tests.drill.reconciling import Named, rebuild_events, reconciled
from tests.drill.regions.region import CommandFailed, Region
from tests.drill.regions.world import PRIMARY, SECONDARY, World
from tests.drill.verdict.facts import Facts, OrderSeen, Times
from tests.drill.verdict.lease import HANDOVER_SECONDS
from tests.drill.waiting import until

STUCK_AFTER_SECONDS = 60.0
"""Without any movement for so long, what is left over stays: the verdict says what is missing because of it."""
QUIET_SECONDS = 4.0
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
    say: Callable[[str], None]
    record: FailoverRecord = field(init=False)
    chance: random.Random = field(init=False)
    moments: dict[str, float] = field(default_factory=dict)
    survived: dict[str, OrderSeen] = field(default_factory=dict)
    named: Named = field(default_factory=Named)
    refused_early: str = ""

    def __post_init__(self) -> None:
        self.record = FailoverRecord(PRIMARY, SECONDARY, DnsTimes().shortened(self.plan.dns_factor))
        self.chance = random.Random(self.plan.seed)  # noqa: S311 - repeatable on purpose
        self.world.ground.checked = lambda region: self.record.checks[region].healthy

    async def run(self) -> Facts:
        """Do it all and return what was seen. Raises: CommandFailed, TimeoutError: it could not go on."""
        bases = {name: region.base for name, region in self.world.regions.items()}
        with Journal(self.plan.directory / "journal.jsonl") as journal:
            load = Load(self.record, bases, journal, self.world.token, self.plan.seed, per_second=self.plan.per_second)
            async with following(self.record, bases):
                await self._refuse_while_healthy()
                await self._lose_primary(load)
                await self._go_on_in_secondary(load)
                await self._fail_back(load)
            return await self._facts(load, journal)

    async def _lose_primary(self, load: Load) -> None:
        world, orders = self.world, round(self.plan.orders * SHARES[0])
        under_load = asyncio.create_task(load.run(orders))
        try:
            point = orders * self.chance.uniform(*KILLED_BETWEEN)
            await until(lambda: load.acknowledged >= point or under_load.done())
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            self._now("killed")
            await world.kill(world.primary)
            self.survived = await orders_of(world.secondary)
            self.say(f"{PRIMARY} killed after {load.acknowledged} acknowledged requests")
            await until(lambda: not self.record.checks[PRIMARY].healthy)
            await world.secondary.command("dr", "takeover", "--to", SECONDARY, "--unplanned", "--yes", "--json")
            self.moments["taken_over"] = (await world.control())[-1].at
            self.say(f"{SECONDARY} took over {self.moments['taken_over'] - self.moments['killed']:.1f} s after")
            await under_load
        finally:
            under_load.cancel()
            await asyncio.gather(under_load, return_exceptions=True)
        self.say(f"the load went on: {load.acknowledged} acknowledged requests")

    async def _refuse_while_healthy(self) -> None:
        """A takeover that nobody needs is refused."""
        said = await self.world.secondary.command(
            "dr", "takeover", "--to", SECONDARY, "--unplanned", "--yes", "--json", exit_codes=(0, 2)
        )
        if said.exit_code == 0:
            raise CommandFailed(f"a takeover was not refused while {PRIMARY} was healthy")
        self.refused_early = said.complaints.strip().splitlines()[-1]

    async def _go_on_in_secondary(self, load: Load) -> None:
        world = self.world
        self.named |= await reconciled(world.secondary, is_complete=False)
        await rebuild_events(world.secondary)
        under_load = asyncio.create_task(load.run(round(self.plan.orders * SHARES[1])))
        try:
            await asyncio.sleep(self.chance.uniform(0, 2))
            self._now("returned")
            await world.let_return(world.primary)
            self.say(f"{PRIMARY} came back by itself")
            await under_load
        finally:
            under_load.cancel()
            await asyncio.gather(under_load, return_exceptions=True)
        await world.simulator.drained()
        await self._settled([world.secondary])
        self.named |= await reconciled(world.secondary, is_complete=True)
        self.say(f"reconcile named {len(self.named.orders)} orders")

    async def _fail_back(self, load: Load) -> None:
        world = self.world
        under_load = asyncio.create_task(load.run(self.plan.orders - load.placed))
        try:
            await asyncio.sleep(self.chance.uniform(0, 1))
            self._now("failback_began")
            await world.secondary.command("dr", "failback", "--to", PRIMARY, "--yes", "--json")
            self.moments["failed_back"] = (await world.control())[-1].at
            self.say(f"failed back in {self.moments['failed_back'] - self.moments['failback_began']:.1f} s")
            await under_load
        finally:
            under_load.cancel()
            await asyncio.gather(under_load, return_exceptions=True)
        await asyncio.sleep(max(0.0, self.moments["failed_back"] + HANDOVER_SECONDS - time.time()))
        self.named |= await reconciled(world.primary, is_complete=True)
        await rebuild_events(world.primary)
        await self._settled([world.primary])
        await world.simulator.drained()
        self.say("all has settled")

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
            named=self.named.orders,
            named_mails=self.named.mails,
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
