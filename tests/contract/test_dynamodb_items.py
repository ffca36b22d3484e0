"""Further promises of the DynamoDB adapters: stored items, and behaviour while the table is unreachable."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.keys import event_key, mail_partition, order_key
from orders.adapters.outbound.dynamodb.probe import DynamoProbe
from orders.ports.errors import PermanentPortError, TransientPortError, UnreadableItem
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.order_repository import OrderQuery
from tests.contract.changes import event_of, placed, processed
from tests.contract.endpoints import Endpoint
from tests.contract.order_stores import EmulatorTable, Store, store_over
from tests.contract.test_dynamodb_requests import A_MINUTE
from tests.support.builders import NOON, a_claim


@pytest.fixture
async def client(dynamo_table: EmulatorTable) -> AsyncIterator[Any]:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        yield client


@pytest.fixture
def store(client: Any, dynamo_table: EmulatorTable) -> Store:
    return store_over(client, dynamo_table.name)


async def item_of(client: Any, table: EmulatorTable, key: dict[str, str]) -> dict[str, Any]:
    answer = await client.get_item(TableName=table.name, Key=to_wire(key), ConsistentRead=True)
    return from_wire(answer["Item"])


async def set_attribute(client: Any, table: EmulatorTable, key: dict[str, str], name: str, value: Any) -> None:
    await client.update_item(
        TableName=table.name,
        Key=to_wire(key),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


async def test_a_settled_order_keeps_an_empty_map_and_no_marker(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    key = order_key(tenant_id, first.order.order_id)
    await store.history(first, second)
    item = await item_of(client, dynamo_table, key)
    assert item["pendingBytes"] == sum(waiting["bytes"] for waiting in item["pending"].values())
    assert item["outboxSince"] == "2026-11-22T12:00:00.000Z"

    await store.outbox.settle(event_of(second))
    item = await item_of(client, dynamo_table, key)
    assert item["pendingBytes"] == sum(waiting["bytes"] for waiting in item["pending"].values())
    assert "outboxShard" in item

    await store.outbox.settle(event_of(first))
    item = await item_of(client, dynamo_table, key)
    assert (item["pending"], item["pendingBytes"]) == ({}, 0)
    assert not {"outboxShard", "outboxSince"} & item.keys()


async def test_a_published_event_can_be_found_by_tenant_day_and_time(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    first = placed(tenant_id)
    await store.outbox.settle(event_of(first))

    item = await item_of(client, dynamo_table, {**order_key(tenant_id, first.order.order_id), "SK": "EVENT#0000000001"})

    tenant, day, shard = item["eventDayShard"].split("#")
    assert (tenant, day) == (tenant_id, "2026-11-22")
    assert shard.isdigit()
    assert item["eventTimeKey"] == f"2026-11-22T12:00:00.000Z#{first.order.order_id}#0000000001"


async def test_a_change_leaves_alone_what_it_does_not_know(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    first = placed(tenant_id)
    key = order_key(tenant_id, first.order.order_id)
    await store.orders.add(first)
    await set_attribute(client, dynamo_table, key, "giftWrap", {"SS": ["red", "gold"]})
    await set_attribute(client, dynamo_table, key, "replay", {"B": b"\x00\x01"})

    await store.orders.save(processed(first.order))

    item = await item_of(client, dynamo_table, key)
    assert (sorted(item["giftWrap"]), item["replay"]) == (["gold", "red"], b"\x00\x01")
    assert await store.orders.get(tenant_id, first.order.order_id) == processed(first.order).order


async def test_an_order_of_a_later_release_s_shape_is_refused(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    first = placed(tenant_id)
    await store.orders.add(first)
    await set_attribute(client, dynamo_table, order_key(tenant_id, first.order.order_id), "schemaVersion", {"N": "99"})

    with pytest.raises(UnreadableItem, match="schema version 99, and this release reads up to 1"):
        await store.orders.get(tenant_id, first.order.order_id)


async def test_no_item_of_a_mail_holds_its_address(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    intent = MailIntent(tenant_id, "ord_1", 1, MailTemplate.ORDER_CONFIRMATION, "thandi.mokoena@example.com")
    await store.mails.claim(intent, now=NOON, lease=A_MINUTE)
    await store.mails.finish(replace(intent, sequence=2), MailState.FAILED, at=NOON, detail="refused")

    found = await client.query(
        TableName=dynamo_table.name,
        KeyConditionExpression="PK = :partition",
        ExpressionAttributeValues={":partition": {"S": mail_partition(tenant_id, "ord_1")}},
    )

    assert found["Count"] == 2
    assert "mokoena" not in repr(found["Items"])
    assert "t…@example.com" in repr(found["Items"])


async def test_redacting_an_event_leaves_alone_what_it_does_not_know(
    client: Any, dynamo_table: EmulatorTable, store: Store, tenant_id: str
) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    await store.outbox.settle(event_of(change))
    key = event_key(tenant_id, change.order.order_id, 1)
    await set_attribute(client, dynamo_table, key, "ofALaterRelease", {"S": "kept"})
    before = await item_of(client, dynamo_table, key)

    assert await store.log.redact(replace(event_of(change), data={"reason_code": "other"}))

    after = await item_of(client, dynamo_table, key)
    assert after == before | {"data": {"reason_code": "other"}}
    assert after["ofALaterRelease"] == "kept"
    assert {"eventDayShard", "eventTimeKey"} <= after.keys()


async def test_a_table_that_answers_is_well(client: Any, dynamo_table: EmulatorTable) -> None:
    probe = DynamoProbe(client, dynamo_table.name)

    await probe.check()

    assert probe.name == "orders table"


async def test_a_table_that_is_not_there_is_not_well(client: Any) -> None:
    with pytest.raises(PermanentPortError, match="ResourceNotFoundException"):
        await DynamoProbe(client, "no-such-table").check()


async def test_out_of_reach_every_operation_fails_as_transient(tenant_id: str) -> None:
    first = placed(tenant_id)
    order_id = first.order.order_id
    intent = MailIntent(tenant_id, order_id, 1, MailTemplate.ORDER_CONFIRMATION, None)
    # The discard port: nobody listens.
    nowhere = Endpoint("nowhere", "http://127.0.0.1:9")
    async with nowhere.client("dynamodb", retries={"total_max_attempts": 1}) as client:
        store = store_over(client, "orders")
        for call in (
            store.orders.add(first),
            store.orders.get(tenant_id, order_id),
            store.orders.save(processed(first.order)),
            store.orders.page(OrderQuery(tenant_id)),
            store.outbox.overdue(0, before=NOON, limit=1),
            store.outbox.waiting(tenant_id, order_id),
            store.outbox.settle(event_of(first)),
            store.log.read(tenant_id, order_id),
            store.mails.claim(intent, now=NOON, lease=A_MINUTE),
            store.mails.release(intent, a_claim(), now=NOON),
            store.mails.finish(intent, MailState.SENT, at=NOON),
            store.mails.of_order(tenant_id, order_id),
            store.log.redact(event_of(first)),
            store.mails.redact(tenant_id, order_id),
            store.acceptances.redact(tenant_id, order_id, None),
            DynamoProbe(client, "orders").check(),
        ):
            with pytest.raises(TransientPortError) as failure:
                await call
            assert failure.value.dependency == "orders table"
            assert not failure.value.throttled
