"""Dead letters by the hundred, sent again twice; and poison among good messages."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.dead_letters import ERROR_ATTRIBUTE, REASON_ATTRIBUTE
from tests.chaos.experiment import STUCK_AFTER_SECONDS, Outcome, settle
from tests.chaos.load import Load, Story
from tests.chaos.stack import ENVIRONMENT, Stack, running_stack
from tests.chaos.verdict import STUCK, Evidence, gathered, judged

DIED_IN = ("pdf-creator", "internal-notifier")
POISON = "{not json"


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Every message of two workers becomes a dead letter; all are sent again twice: the effect is that of once."""
    async with running_stack(directory) as stack:
        for name in DIED_IN:
            await stack.processes[name].kill()
        load = Load(stack, (arguments.orders + 1) // 2, seed=arguments.seed, weights={Story.PLACED: 1})
        await load.run()
        letters = {name: await _died(stack, name, load.orders) for name in DIED_IN}
        await stack.revive()
        first = await _redriven(stack)
        await settle(stack, redrive=False)
        before = await gathered(stack)
        mails, events = _mails(stack), len(stack.observer.events)
        for name, bodies in letters.items():
            await _bury(stack, name, bodies)
        second = await _redriven(stack)
        poisoned = await _poison(stack)
        await settle(stack, redrive=False)
        after = await gathered(stack)
        found = {letter["message_id"]: letter for letter in await stack.command("dlq", "list", "all", "--json")}
        await stack.command("dlq", "purge", "all", "--yes", "--json")
        outcome = await judged(stack, load, await gathered(stack))
        outcome.expect(first == second == 2 * load.orders, f"redriven {first}, then {second}, of {2 * load.orders}")
        outcome.expect(_mails(stack) == mails, "the second time mails went out again")
        outcome.expect(len(stack.observer.events) == events, "the second time there were new events")
        same = before.orders == after.orders and before.documents == after.documents
        same = same and _intents(before) == _intents(after)
        outcome.expect(same, "the second time left something else behind than the first")
        reasons = {letter["queue"]: letter["reason"] for letter in found.values()}
        outcome.expect(reasons == dict.fromkeys(poisoned, "MessageRefused"), f"poison became {reasons}")
        outcome.figures |= {
            "dead letters sent again": f"{first}, then {second}",
            "poison messages put aside with their reason": len(found),
        }
        return outcome


async def _redriven(stack: Stack) -> int:
    """Send all dead letters again, those too that somebody else was looking at meanwhile; how many there were."""
    redriven = 0
    async with asyncio.timeout(STUCK_AFTER_SECONDS):
        while sum(stack.dead_letters(await stack.waiting()).values()):
            redriven += (await stack.command("dlq", "redrive", "all", "--rate", "1000", "--json"))["acted_on"]
    return redriven


def _mails(stack: Stack) -> int:
    """All mails but those that tell of dead letters: how many letters are seen before they are gone is chance."""
    return stack.observer.mails.total() - stack.observer.mails_of(STUCK)


def _intents(evidence: Evidence) -> dict[str, list[dict[str, Any]]]:
    return {
        order_id: [item for item in found if item["template"] != STUCK] for order_id, found in evidence.mails.items()
    }


async def _died(stack: Stack, worker: str, count: int) -> list[str]:
    """Take what waits for a worker and put it where it goes when it has failed too often."""
    bodies: list[str] = []
    async with stack.client("sqs") as sqs:
        url = await _url(sqs, packaged_topology().queue_name(worker, ENVIRONMENT))
        async with asyncio.timeout(120):
            while len(bodies) < count:
                got = await sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
                for message in got.get("Messages", []):
                    bodies.append(message["Body"])
                    await sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    await _bury(stack, worker, bodies)
    return bodies


async def _bury(stack: Stack, worker: str, bodies: list[str]) -> None:
    why = {REASON_ATTRIBUTE: "TransientPortError", ERROR_ATTRIBUTE: "it was a bad night"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in why.items()}
    async with stack.client("sqs") as sqs:
        url = await _url(sqs, packaged_topology().dead_letter_queue_name(worker, ENVIRONMENT))
        for body in bodies:
            await sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)


async def _poison(stack: Stack) -> list[str]:
    """A message that nobody can read, for each worker; the workers."""
    workers = [name for name in stack.processes if name not in {"api", "relay"}]
    async with stack.client("sqs") as sqs:
        for worker in workers:
            url = await _url(sqs, packaged_topology().queue_name(worker, ENVIRONMENT))
            await sqs.send_message(QueueUrl=url, MessageBody=POISON)
    return workers


async def _url(sqs: Any, name: str) -> str:
    url: str = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
    return url
