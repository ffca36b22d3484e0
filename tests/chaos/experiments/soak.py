"""Steady load for a while, with one thing that can't be read in every place where there can be one."""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.chaos.experiment import STUCK_AFTER_SECONDS, Outcome, settle
from tests.chaos.load import ORDERS, Load, Told
from tests.chaos.planting import Planted, place_victims, plant
from tests.chaos.stack import ENVIRONMENT, Stack, running_stack
from tests.chaos.verdict import Evidence, gathered, judged
from tests.faults.aws_calls import Call
from tests.faults.plan import Fault

VICTIMS = 5
LISTED_AT_ONCE = 100
_NOT_TAKEN = 0.5

FEW_SHARDS = {"OUTBOX_SHARDS": "2"}
"""Of which one begins with what was planted: half of what the relay has to do stands behind it."""


@dataclass
class SteadyLoad(Load):
    """A load that goes on for so long, at so many orders a second."""

    seconds: float = 60
    per_second: float = 1.0

    async def run(self) -> None:
        """Begin a story at each tick, and see all of them through."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        ends = time.monotonic() + self.seconds
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=35)) as session,
            asyncio.TaskGroup() as stories,
        ):
            self.orders = 0
            while time.monotonic() < ends:
                (story,) = chance.choices(list(self.weights), list(self.weights.values()))
                stories.create_task(self._story(session, f"order-{self.orders}", self.orders, story))
                self.orders += 1
                await asyncio.sleep(1 / self.per_second)


class BusyBus:
    """A bus that takes half of what it is given, so that half of all events are the relay's to publish."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def fault(self, call: Call) -> Fault | None:
        """Some entries are not taken, every other time."""
        return Fault.PARTIAL if call.operation == "PutEvents" and self._chance.random() < _NOT_TAKEN else None


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Everything but what was planted flows, to the end, and no process ends."""
    async with running_stack(directory, settings=FEW_SHARDS) as stack:
        victims = await place_victims(stack, VICTIMS)
        await settle(stack, redrive=False)
        planted = await plant(stack, victims)
        stack.proxy.plan = BusyBus(arguments.seed)
        load = SteadyLoad(stack, 0, seed=arguments.seed, seconds=60 * arguments.minutes, per_second=arguments.rate)
        await load.run()
        leftovers = await _flowed(stack, planted)
        evidence = await gathered(stack)
        dead = stack.dead_letters(evidence.waiting)
        outcome = await judged(stack, load, _without(evidence, planted))
        outcome.faults += leftovers
        _judge_dead_letters(outcome, planted, dead)
        await _judge_listings(outcome, stack, planted, list(load.told.values()))
        await _judge_command(outcome, stack, planted)
        outcome.figures |= {"planted in the outbox": planted.in_outbox, "dead letters": dead}
        return outcome


async def _flowed(stack: Stack, planted: Planted) -> list[str]:
    """Wait until nothing moves but what was planted, which does not; what is wrong with that."""
    last: object = None
    moved = time.monotonic()
    while True:
        now = await stack.waiting()
        if stack.moving(now) == planted.in_outbox == now["outbox"]:
            return []
        state = (sorted(now.items()), stack.observer.mails.total(), stack.observer.events.total())
        if state != last:
            last, moved = state, time.monotonic()
        elif time.monotonic() - moved > STUCK_AFTER_SECONDS:
            stays = {name: count for name, count in now.items() if count}
            return [f"something does not flow, or flowed that should not: {stays}; {planted.in_outbox} were to stay"]
        await asyncio.sleep(0.5)


def _without(evidence: Evidence, planted: Planted) -> Evidence:
    for kept in (evidence.orders, evidence.events, evidence.acceptances, evidence.mails, evidence.documents):
        for order_id in planted.orders & kept.keys():
            del kept[order_id]
    evidence.waiting = Counter()
    return evidence


def _judge_dead_letters(outcome: Outcome, planted: Planted, found: dict[str, int]) -> None:
    topology = packaged_topology()
    expected = {topology.dead_letter_queue_name(worker, ENVIRONMENT): count for worker, count in planted.dead.items()}
    outcome.expect(found == expected, f"there are the dead letters {found}, and not {expected}")


async def _judge_listings(outcome: Outcome, stack: Stack, planted: Planted, told: list[Told]) -> None:
    confirmed = {each.order_id for each in told}
    for role, said in (("staff", 1), ("customer", 0)):
        for direction in ("created_at", "-created_at"):
            found, unreadable = await _listed(stack, role, direction)
            missing = confirmed - set(found)
            outcome.expect(not missing, f"{len(missing)} orders are in no listing of {role} by {direction}")
            outcome.expect(len(found) == len(set(found)), f"a listing of {role} has orders twice")
            outcome.expect(unreadable == said, f"a listing of {role} says that {unreadable} orders can't be read")
            outcome.expect(planted.unlisted not in found, "an order that can't be read is listed")
    headers = {"Authorization": f"Bearer {stack.token('staff')}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{stack.base}{ORDERS}/{planted.unlisted}") as answer,
    ):
        problem = await answer.text()
        outcome.expect(answer.status == 500 and "problems/unreadable" in problem, f"GET of it says {problem[:200]}")


async def _listed(stack: Stack, role: str, direction: str) -> tuple[list[str], int]:
    found: list[str] = []
    unreadable = 0
    params = {"limit": str(LISTED_AT_ONCE), "sort": direction}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {stack.token(role)}"}) as session:
        while True:
            async with session.get(stack.base + ORDERS, params=params) as answer:
                assert answer.status == 200, await answer.text()
                page = json.loads(await answer.text())
            found += [order["order_id"] for order in page["items"]]
            unreadable += page.get("unreadable", 0)
            if page["next_cursor"] is None:
                return found, unreadable
            params["cursor"] = page["next_cursor"]


async def _judge_command(outcome: Outcome, stack: Stack, planted: Planted) -> None:
    held_up = await stack.command("unreadable", "list", "--json")
    kinds = Counter(item["kind"] for item in held_up["items"])
    outcome.expect(kinds["event"] == planted.in_outbox, f"`orders unreadable list` finds {dict(kinds)} in the outbox")
    shop = await stack.command("unreadable", "list", "--tenant", "demo", "--limit", "1000000", "--json")
    kinds = Counter(item["kind"] for item in shop["items"])
    missing = {"order", "event", "mail", "acceptance", "suppression"} - kinds.keys()
    outcome.expect(not missing, f"`orders unreadable list --tenant` finds no {', '.join(sorted(missing))}")
    outcome.figures["found by `orders unreadable list`"] = dict(kinds)
