"""Compares the final state of table, bucket and queues, read past the proxy, with the confirmed responses."""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.items.claim_items import is_claim
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.chaos.experiment import Outcome
from tests.chaos.load import FINAL_STATUS, Load, Story, Told
from tests.chaos.stack import ENVIRONMENT, TENANT, Emulated, Stack

STAFF = "staff"
STUCK = "staff_order_stuck"
"""Staff may have been told, once, of what was a dead letter when somebody looked."""


@dataclass
class Evidence:
    """Everything that the service has left behind."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    acceptances: dict[str, dict[str, Any]] = field(default_factory=dict)
    mails: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    waiting: Counter[str] = field(default_factory=Counter)


async def gathered(stack: Emulated) -> Evidence:
    """Read everything."""
    evidence = Evidence(waiting=await stack.waiting())
    topology = packaged_topology()
    async with stack.client("dynamodb") as dynamodb:
        async for page in dynamodb.get_paginator("scan").paginate(TableName=topology.table_name(ENVIRONMENT)):
            for item in map(from_wire, page["Items"]):
                _sort_in(evidence, item)
    async with stack.client("s3") as s3:
        bucket = topology.bucket_name("orders", ENVIRONMENT)
        async for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                order_id = entry["Key"].split("/")[-2]
                evidence.documents[order_id].append(entry["Key"])
    return evidence


def _sort_in(evidence: Evidence, item: dict[str, Any]) -> None:
    kind = item["SK"].partition("#")[0]
    if "#MAIL#" in item["PK"]:
        evidence.mails[item["PK"].rpartition("#")[2]].append(item)
    elif kind == "ORDER" and is_claim(item):
        return  # of an order that is accepted, which is told by its acceptance; or of one whose process died over it
    elif kind == "ORDER":
        evidence.orders[item["orderId"]] = item
    elif kind == "EVENT":
        evidence.events[item["orderId"]].append(item)
    elif kind == "ACCEPTED":
        evidence.acceptances[item["orderId"]] = item


async def judged(stack: Stack, load: Load, evidence: Evidence) -> Outcome:
    """Hold what is there against what was confirmed."""
    outcome = Outcome()
    outcome.faults += load.refusals
    outcome.faults += [
        f"{name} ended by itself: {process.last_words()}"
        for name, process in stack.processes.items()
        if process.died_by_itself
    ]
    told = {each.order_id: each for each in load.told.values()}
    lost = told.keys() - evidence.orders.keys()
    outcome.faults += [f"order {order_id} was confirmed and is lost" for order_id in sorted(lost)]
    extra = evidence.orders.keys() - told.keys()
    outcome.faults += [f"order {order_id} was placed and never confirmed to anybody" for order_id in sorted(extra)]
    for order_id, each in told.items():
        if order_id in evidence.orders:
            outcome.faults += _order_faults(evidence, stack, order_id, each)
    mail_faults, repeated = _mail_faults(evidence, stack, told)
    outcome.faults += mail_faults
    outcome.faults += await _document_faults(stack, evidence, told)
    outcome.faults += [
        f"{count} dead letters in {name}" for name, count in stack.dead_letters(evidence.waiting).items()
    ]
    events = [event for found in evidence.events.values() for event in found]
    outcome.figures = {
        "orders confirmed": len(told),
        "orders in the table": len(evidence.orders),
        "orders lost": len(lost),
        "requests asked again": dict(load.retries),
        "answers given again": load.replayed,
        "events in the log": len(events),
        "events published more than once": sum(count > 1 for count in stack.observer.events.values()),
        "events that overtook an earlier one on the bus": stack.observer.overtakings,
        "documents": sum(map(len, evidence.documents.values())),
        "mails accepted by the mail service": sum(stack.observer.mails.values()),
        "mails sent again after a lost claim": repeated,
        "mails about dead letters": stack.observer.mails_of(STUCK),
        "kills": {name: process.kills for name, process in stack.processes.items() if process.kills},
        "calls to AWS": sum(count for (*_, fault), count in stack.proxy.counts.items() if not fault),
        "faults injected": _by_fault(stack),
    }
    return outcome


def _by_fault(stack: Stack) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for (_, _, fault), count in stack.proxy.counts.items():
        if fault:
            totals[fault] += count
    return dict(totals)


def _order_faults(evidence: Evidence, stack: Stack, order_id: str, told: Told) -> list[str]:
    order = evidence.orders[order_id]
    faults = []
    if order["status"] != FINAL_STATUS[told.story]:
        faults.append(f"order {order_id} is {order['status']}, not {FINAL_STATUS[told.story]}")
    if order["pending"]:
        faults.append(f"order {order_id} still has events waiting: {sorted(order['pending'])}")
    sequences = [event["sequence"] for event in sorted(evidence.events[order_id], key=lambda event: event["SK"])]
    if sequences != list(range(1, order["sequence"] + 1)):
        faults.append(f"order {order_id} has sequence {order['sequence']} and the events {sequences}")
    faults += [
        f"event {sequence} of order {order_id} never reached the bus"
        for sequence in sequences
        if not stack.observer.events[f"{order_id}.1.{sequence:010d}"]
    ]
    types = Counter(event["type"] for event in evidence.events[order_id])
    # Called off, an order has a document that says so beside the one it may have had.
    twice = {"document_ready"} if told.story is Story.CANCELLED else set()
    faults += [
        f"order {order_id} has {count} events {kind}" for kind, count in types.items() if count > 1 + (kind in twice)
    ]
    if told.story is Story.ACCEPTED and evidence.acceptances[order_id]["state"] != "placed":
        faults.append(f"accepted order {order_id} is {evidence.acceptances[order_id]['state']}")
    return faults


def expected_templates(story: Story) -> set[str]:
    """The mails that an order's story calls for; a confirmation may be skipped where the order was called off."""
    templates = {"order_confirmation", "staff_new_order"}
    if story is Story.CANCELLED:
        templates |= {"order_cancelled", "staff_order_cancelled"}
    if story is Story.SHIPPED:
        templates |= {"order_shipped"}
    return templates


def _mail_faults(evidence: Evidence, stack: Stack, told: Mapping[str, Told]) -> tuple[list[str], int]:
    faults, repeated = [], 0
    for order_id, each in told.items():
        found = evidence.mails[order_id]
        templates = Counter(item["template"] for item in found)
        told_of = len({item["SK"].partition("#")[0] for item in found if item["template"] == STUCK})
        once = all(count == 1 for template, count in templates.items() if template != STUCK)
        if set(templates) - {STUCK} != expected_templates(each.story) or not once or templates[STUCK] != told_of:
            faults.append(f"order {order_id} ({each.story}) has the mail intents {dict(templates)}")
        for item in found:
            accepted = sum(
                count
                for (number, template, _), count in stack.observer.mails.items()
                if number == each.order_number and template == item["template"]
            ) if item["state"] != "skipped" else 0  # fmt: skip
            called_off = each.story is Story.CANCELLED and item["template"] == "order_confirmation"
            if item["state"] != "sent" and not (item["state"] == "skipped" and called_off):
                faults.append(f"mail {item['template']} of order {order_id} is {item['state']}")
            elif item["state"] == "sent" and not 1 <= accepted <= item["attempts"]:
                claims = f"{item['attempts']} claims"
                faults.append(f"mail {item['template']} of order {order_id} went out {accepted} times in {claims}")
            repeated += max(0, accepted - 1)
    return faults, repeated


def _documents_are_right(keys: list[str], on_record: str, story: Story) -> bool:
    """Checks that the recorded document exists, and no other but one from before a cancellation."""
    most = 2 if story is Story.CANCELLED else 1
    return on_record in keys and len(keys) <= most and all(key.startswith(f"orders/{TENANT}/") for key in keys)


async def _document_faults(stack: Stack, evidence: Evidence, told: Mapping[str, Told]) -> list[str]:
    faults = []
    limit = asyncio.Semaphore(16)
    async with stack.client("s3") as s3:
        bucket = packaged_topology().bucket_name("orders", ENVIRONMENT)

        async def digest(key: str) -> str:
            async with limit:
                answer = await s3.get_object(Bucket=bucket, Key=key)
                return hashlib.sha256(await answer["Body"].read()).hexdigest()

        async def look(order_id: str) -> None:
            document, keys = evidence.orders[order_id].get("document"), evidence.documents[order_id]
            if document is None or document["status"] != "ready":
                faults.append(f"order {order_id} has no document on record: {document}")
            elif not _documents_are_right(keys, document["key"], told[order_id].story):
                faults.append(f"order {order_id} has the documents {keys}, on record is {document['key']}")
            elif await digest(document["key"]) != document["sha256"]:
                faults.append(f"the document of order {order_id} is not the one on record")

        await asyncio.gather(*(look(order_id) for order_id in told if order_id in evidence.orders))
    return faults
