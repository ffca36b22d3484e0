"""A tenant's last hour published again, broken off in the middle and gone on with."""

import argparse
import asyncio
from pathlib import Path

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.chaos.experiment import Outcome, settle
from tests.chaos.load import Load
from tests.chaos.stack import TENANT, running_stack
from tests.chaos.verdict import gathered, judged
from tests.support.eventually import eventually

PER_SECOND = 40


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Events come in order and marked, no mail goes out; killed halfway, the same command goes on."""
    async with running_stack(directory) as stack:
        load = Load(stack, arguments.orders, seed=arguments.seed)
        await load.run()
        await settle(stack)
        before = await gathered(stack)
        mails, first = stack.observer.mails.total(), dict(stack.observer.events)
        since = min(event["at"] for events in before.events.values() for event in events)
        checkpoint = directory / "replay.json"
        command = (
            "events", "replay", "--tenant", TENANT, "--since", since, "--checkpoint", str(checkpoint),
            "--rate", str(PER_SECOND), "--json",
        )  # fmt: skip
        total = sum(map(len, before.events.values()))
        broken_off = await stack.spawn(*command)
        await asyncio.to_thread(
            eventually, lambda: len(stack.observer.replayed) >= total / 3, within_seconds=60, what="a third published"
        )
        broken_off.kill()
        await broken_off.wait()
        at_the_break = len(stack.observer.replayed)
        told = await stack.command(*command)
        await settle(stack)
        after = await gathered(stack)
        outcome = await judged(stack, load, after)
        replayed = stack.observer.replayed
        outcome.expect(told["finished"], f"the second part said {told}")
        outcome.expect({name for name, _ in replayed} == set(first), "not every event was published again")
        outcome.expect(_in_order(replayed[:at_the_break]), "the first part was out of an order's sequence")
        outcome.expect(_in_order(replayed[at_the_break:]), "the second part was out of an order's sequence")
        outcome.expect(at_the_break < total, "it was not broken off at all")
        outcome.expect(len(replayed) < total + total / 2, "going on began anew")
        outcome.expect(stack.observer.mails.total() == mails, "a replay sent mails")
        same = before.orders == after.orders and before.documents == after.documents and before.mails == after.mails
        outcome.expect(same, "the replay changed an order, a document or a mail")
        queues = len(packaged_topology().queues)
        outcome.figures |= {
            "events": total,
            "published again before the break": at_the_break,
            "published again in all": len(replayed),
            "queues that heard them": queues,
        }
        return outcome


def _in_order(replayed: list[tuple[str, int]]) -> bool:
    seen: dict[str, int] = {}
    for event_id, sequence in replayed:
        order_id = event_id.partition(".")[0]
        if sequence <= seen.get(order_id, 0):
            return False
        seen[order_id] = sequence
    return True
