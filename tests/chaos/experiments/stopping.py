"""SIGTERM under load, and a queue service out of reach: nothing lost, nothing twice, health says so."""

import argparse
import asyncio
from pathlib import Path

import aiohttp

from tests.chaos.experiment import Outcome, settle
from tests.chaos.load import Load
from tests.chaos.stack import Stack, running_stack
from tests.chaos.verdict import gathered, judged
from tests.faults.aws_calls import Call
from tests.faults.plan import Fault, NoFaults

EXIT_WITHIN_SECONDS = 25


class OutOfReach:
    """One service can't be reached."""

    def __init__(self, service: str) -> None:
        self._service = service

    def fault(self, call: Call) -> Fault | None:
        """Every connection to it is closed."""
        return Fault.RESET if call.service == self._service else None


async def run_sigterm(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Every process gets SIGTERM under load, and is started again: it ends in time, and nothing is repeated."""
    async with running_stack(directory) as stack:
        # Not into a start: a process ends then (AWS starts it again), before it knows of signals or queues.
        await stack.working()
        load = Load(stack, arguments.orders, seed=arguments.seed)
        loading = asyncio.create_task(load.run())
        seconds: dict[str, float] = {}
        codes: dict[str, int | None] = {}
        for name, process in stack.processes.items():
            await asyncio.sleep(1.5)
            seconds[name] = round(await process.terminate(EXIT_WITHIN_SECONDS), 1)
            assert process.running is not None
            codes[name] = process.running.returncode
            await process.start()
        await loading
        await settle(stack)
        outcome = await judged(stack, load, await gathered(stack))
        wrong = {name: code for name, code in codes.items() if code}
        outcome.expect(not wrong, f"these ended with another code than 0: {wrong}")
        repeated = outcome.figures["mails sent again after a lost claim"]
        outcome.expect(not repeated, f"{repeated} mails went out twice although nobody was killed")
        outcome.figures["seconds to exit"] = seconds
        return outcome


async def run_outage(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """The queues are out of reach for a while: health says so, everything recovers by itself."""
    async with running_stack(directory) as stack:
        # Not into a start: a process ends then (AWS starts it again), before it knows of signals or queues.
        await stack.working()
        load = Load(stack, arguments.orders, seed=arguments.seed)
        loading = asyncio.create_task(load.run())
        await asyncio.sleep(2)
        stack.proxy.plan = OutOfReach("sqs")
        await asyncio.sleep(7)  # health is cached for five seconds
        meanwhile, in_dns = await _health(stack, "/health/ready"), await _health(stack, "/health")
        await asyncio.sleep(max(0, arguments.outage_seconds - 7))
        stack.proxy.plan = NoFaults()
        await loading
        await settle(stack)
        afterwards = await _health(stack, "/health/ready")
        outcome = await judged(stack, load, await gathered(stack))
        outcome.expect(meanwhile[0] == 503, f"health said {meanwhile} while no queue could be reached")
        # DNS must not leave a region for its queues: the other one's are as far away from its orders.
        outcome.expect(in_dns[0] == 200, f"DNS would have left a region that takes orders: {in_dns}")
        outcome.expect(any("queue" in name for name in meanwhile[1]), f"health did not name a queue: {meanwhile}")
        outcome.expect(afterwards[0] == 200, f"health says {afterwards} although all is well")
        outcome.figures["health meanwhile, afterwards"] = f"{meanwhile[0]}, {afterwards[0]}"
        return outcome


async def _health(stack: Stack, path: str) -> tuple[int, list[str]]:
    """The status code of a health check, and what it finds wrong."""
    async with aiohttp.ClientSession() as session, session.get(f"{stack.base}{path}") as answer:
        checks = (await answer.json())["checks"]
        return answer.status, [name for name, said in checks.items() if said != "ok"]
