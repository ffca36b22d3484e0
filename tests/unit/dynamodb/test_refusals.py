"""Errors of DynamoDB that no emulator produces on request."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.items.event_items import waiting_event
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import TransientPortError
from tests.contract.changes import placed

A_CHANGE = placed("tenant_a")


class RefusingClient:
    """Every update is refused with this error; everything else succeeds."""

    def __init__(self, code: str, item: dict[str, Any] | None = None) -> None:
        self._answer: Any = {"Error": {"Code": code, "Message": "refused"}, "Item": to_wire(item or {})}
        self.updates = 0

    async def put_item(self, **_: Any) -> dict[str, Any]:
        return {}

    async def update_item(self, **_: Any) -> dict[str, Any]:
        self.updates += 1
        raise ClientError(self._answer, "UpdateItem")


def outbox_over(client: Any) -> DynamoOutbox:
    return DynamoOutbox(client, "orders", AlwaysWriter(), region="region-1", outbox_shards=1)


async def test_settling_gives_up_when_other_events_always_come_in_between() -> None:
    assert A_CHANGE.event is not None
    client = RefusingClient(
        "ConditionalCheckFailedException", {"pending": {"0000000001": waiting_event(A_CHANGE.event)}}
    )

    with pytest.raises(TransientPortError, match="changes too fast"):
        await outbox_over(client).settle(A_CHANGE.event)

    assert client.updates == 20


async def test_throttling_is_told_apart() -> None:
    assert A_CHANGE.event is not None

    with pytest.raises(TransientPortError) as failure:
        await outbox_over(RefusingClient("ThrottlingException")).settle(A_CHANGE.event)

    assert failure.value.throttled


async def test_what_is_not_recognised_goes_through() -> None:
    client: Any = RefusingClient("ResourceNotFoundException")
    orders = DynamoOrderRepository(client, "orders", AlwaysWriter(), region="region-1", outbox_shards=1)

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        await orders.save(A_CHANGE)
