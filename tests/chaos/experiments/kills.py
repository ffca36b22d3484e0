"""Orders over HTTP while every process is killed at random, and perhaps AWS fails."""

import argparse
import asyncio
import contextlib
import random
from pathlib import Path

from tests.chaos.experiment import Outcome, settle
from tests.chaos.load import Load
from tests.chaos.stack import Stack, running_stack
from tests.chaos.verdict import gathered, judged
from tests.faults.plan import NoFaults, RandomFaults

KILLED_UNTIL = 0.9
"""Killing goes on after the last order is placed, until this share of all mails is out."""


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Everything is killed (-9) at random and started again; with ``--faults`` that share of AWS's calls fails."""
    async with running_stack(directory) as stack:
        load = Load(stack, arguments.orders, seed=arguments.seed)
        if arguments.faults:
            stack.proxy.plan = RandomFaults(arguments.faults, seed=arguments.seed)
        enough = asyncio.Event()
        killer = asyncio.create_task(_kill_at_random(stack, enough, arguments.kill_every, arguments.seed))
        try:
            await load.run()
            await _until_most_mails_are_out(stack, arguments.orders)
        finally:
            # Not cancelled: between a kill and the next start it would leave a process dead that still counts as alive.
            enough.set()
            await killer
        await stack.revive()
        stack.proxy.plan = NoFaults()
        redriven = await settle(stack)
        outcome = await judged(stack, load, await gathered(stack))
        outcome.figures["dead letters sent again"] = redriven
        return outcome


async def _kill_at_random(stack: Stack, enough: asyncio.Event, every_seconds: float, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), chance.uniform(0.5, 1.5) * every_seconds)
        if enough.is_set():
            return
        process = chance.choice(list(stack.processes.values()))
        await process.kill()
        await process.start()


async def _until_most_mails_are_out(stack: Stack, orders: int) -> None:
    seen, patience = -1, 0
    while (sent := stack.observer.mails.total()) < KILLED_UNTIL * 2 * orders and patience < 60:
        patience = 0 if sent != seen else patience + 1
        seen = sent
        await asyncio.sleep(1)
