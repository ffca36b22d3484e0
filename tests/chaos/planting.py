"""Things that can't be read, one in every place where there can be one."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.event_items import waiting_event
from orders.adapters.outbound.dynamodb.keys import (
    acceptance_key,
    event_key,
    mail_partition,
    order_key,
    outbox_shard,
    suppression_key,
)
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.events import Actor, EventType, OrderEvent
from orders.ports.dead_letters import REASON_ATTRIBUTE
from tests.chaos.load import ORDERS, a_body
from tests.chaos.stack import ENVIRONMENT, REGION, TENANT, Stack
from tests.support.builders import NOON, an_order_id

POISON = "{not json"
FIRST_IN_THE_OUTBOX = 120
"""More than a page of the relay's, all in one shard and older than anything else."""

LATER = {"schemaVersion": 9}
TABLE = packaged_topology().table_name(ENVIRONMENT)
RECORD_CREATOR, CUSTOMER_NOTIFIER = "record-creator", "customer-notifier"


@dataclass
class Planted:
    """The planted faults.

    Attributes:
        orders: ids of the damaged orders, none of the load's; ``unlisted`` is the one that no listing shows.
        in_outbox: number of entries that will stay in the outbox.
        dead: expected number of dead letters by queue.
    """

    orders: set[str] = field(default_factory=set)
    unlisted: str = ""
    in_outbox: int = 0
    dead: Counter[str] = field(default_factory=Counter)


async def plant(stack: Stack, victims: list[str]) -> Planted:
    """Damage orders that the service is done with, and put the rest beside them.

    Args:
        victims: ids of five such orders.
    """
    planted = Planted(orders=set(victims))
    planted.unlisted, waiting, logged, mailed, copied = victims
    async with stack.client("dynamodb") as dynamodb:
        await _update(dynamodb, order_key(TENANT, planted.unlisted), "SET schemaVersion = :v", {":v": {"N": "9"}})
        await _hold_up_the_outbox(dynamodb, waiting, planted)
        await _update(dynamodb, event_key(TENANT, logged, 1), "REMOVE #name", names={"#name": "type"})
        await _damage_mails(dynamodb, mailed)
        await _plant_acceptance(dynamodb, copied, planted)
        await dynamodb.put_item(TableName=TABLE, Item=to_wire(suppression_key(TENANT, "f" * 16) | LATER))
    await _plant_files(stack)
    await _plant_messages(stack, planted)
    # Its confirmation is asked for again, and nobody can say whether it went out.
    await stack.command("events", "replay", "--tenant", TENANT, "--order", mailed, "--with-mails", "--type",
                        "document_ready", "--json")  # fmt: skip
    planted.dead[CUSTOMER_NOTIFIER] += 1
    return planted


async def place_victims(stack: Stack, count: int) -> list[str]:
    """Ids of so many orders of their own."""
    headers = {"Authorization": f"Bearer {stack.token('customer')}", "Content-Type": "application/json"}
    found: list[str] = []
    async with aiohttp.ClientSession(headers=headers) as session:
        for number in range(count):
            async with session.post(stack.base + ORDERS, data=json.dumps(a_body(900_000 + number))) as answer:
                assert answer.status == 201, await answer.text()
                found.append((await answer.json())["order_id"])
    return found


async def _hold_up_the_outbox(dynamodb: Any, order_id: str, planted: Planted) -> None:
    later = {"bytes": 100, "sequence": 99} | LATER
    marker = {":shard": outbox_shard(REGION, 0), ":since": "2020-01-01T00:00:00.000Z", ":later": later}
    await _update(
        dynamodb,
        order_key(TENANT, order_id),
        "SET outboxShard = :shard, outboxSince = :since, pending.#name = :later",
        to_wire(marker),
        names={"#name": "0000000099"},
    )
    for number in range(FIRST_IN_THE_OUTBOX):
        copy = an_order_id(number + 1)
        event = OrderEvent(TENANT, copy, 1, 1, EventType.CREATED, NOON, Actor("nobody", "staff"))
        damaged = {name: value for name, value in waiting_event(event).items() if name != "type"}
        item = order_key(TENANT, copy) | {
            "orderId": copy,
            "schemaVersion": 1,
            "pending": {"0000000001": damaged},
            "pendingBytes": 100,
            "outboxShard": outbox_shard(REGION, 0),
            "outboxSince": "2020-01-01T00:00:00.000Z",
        }
        await dynamodb.put_item(TableName=TABLE, Item=to_wire(item))
        planted.orders.add(copy)
    planted.in_outbox = FIRST_IN_THE_OUTBOX + 1


async def _damage_mails(dynamodb: Any, order_id: str) -> None:
    found = await dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="PK = :partition",
        ExpressionAttributeValues={":partition": {"S": mail_partition(TENANT, order_id)}},
    )
    assert found["Items"], "an order without mails"
    for item in map(from_wire, found["Items"]):
        key = {name: item[name] for name in ("PK", "SK")}
        await _update(dynamodb, key, "SET #name = :text", {":text": {"S": "lost"}}, names={"#name": "state"})


async def _plant_acceptance(dynamodb: Any, order_id: str, planted: Planted) -> None:
    """An acceptance that is yet to be queued; the relay queues it, and nobody can place it."""
    item = acceptance_key(TENANT, order_id) | {
        "orderId": order_id,
        "tenantId": TENANT,
        "schemaVersion": 1,
        "state": "accepted",
        "outboxShard": outbox_shard(REGION, 1),
        "outboxSince": "2020-01-01T00:00:00.000Z",
    }
    await dynamodb.put_item(TableName=TABLE, Item=to_wire(item))
    planted.dead[RECORD_CREATOR] += 1


async def _plant_files(stack: Stack) -> None:
    bucket = packaged_topology().bucket_name("templates", ENVIRONMENT)
    async with stack.client("s3") as s3:
        profile = json.dumps({"name": "Demo", "ofALaterRelease": True}).encode()
        await s3.put_object(Bucket=bucket, Key=f"tenants/{TENANT}/profile.json", Body=profile)
        for template in ("order_confirmation/body.html", "document/document.html", "order_shipped/subject.txt"):
            place = f"tenants/{TENANT}/templates/default/{template}"
            await s3.put_object(Bucket=bucket, Key=place, Body=b"{% for each in %}\xff")


async def _plant_messages(stack: Stack, planted: Planted) -> None:
    topology = packaged_topology()
    why = {REASON_ATTRIBUTE: {"DataType": "String", "StringValue": "MessageRefused"}}
    async with stack.client("sqs") as sqs:
        for worker in [name for name in stack.processes if name not in {"api", "relay"}]:
            alive = await sqs.get_queue_url(QueueName=topology.queue_name(worker, ENVIRONMENT))
            await sqs.send_message(QueueUrl=alive["QueueUrl"], MessageBody=POISON)
            dead = await sqs.get_queue_url(QueueName=topology.dead_letter_queue_name(worker, ENVIRONMENT))
            await sqs.send_message(QueueUrl=dead["QueueUrl"], MessageBody="\ud7ff{", MessageAttributes=why)
            planted.dead[worker] += 2


async def _update(
    dynamodb: Any,
    key: dict[str, str],
    change: str,
    values: dict[str, Any] | None = None,
    *,
    names: dict[str, str] | None = None,
) -> None:
    given = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    await dynamodb.update_item(
        TableName=TABLE,
        Key=to_wire(key),
        UpdateExpression=change,
        ConditionExpression="attribute_exists(PK)",
        **{name: value for name, value in given.items() if value},
    )
