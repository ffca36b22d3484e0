"""[Q-1]: placing an order, whole: checked, stored, its event published, logged and removed from the outbox.

The CPU of every process of ours that has a part in it counts, the relay's for what the API leaves to it; of the
orders, only those whose event is in the log and no longer in the outbox. The floor puts one item: the one that the
service would, under the same condition, in the same table.
"""

import asyncio
import itertools
import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import Any
from uuid import uuid4

from litestar import Response, post
from pydantic import BaseModel

from benchmarks.api_process import api_process, relay_process
from benchmarks.bare import bare_process
from benchmarks.compare import Opened, Side
from benchmarks.ground import BODY, ORDERS_PATH, REGION, TENANT, Ground, answer_of, create_requests, recorded_call

_ORDER_ID = re.compile(rb"ord_[0-9A-Z]{26}")
_BATCH = 50
_QUIET_SECONDS = 20.0
"""The relay takes what is five seconds old, and looks every second."""
OTHER_REGION = "xx-north-1"
"""As long as the region's name: the relay passes over the floor's orders, which are marked as this region's."""


class _Line(BaseModel):
    product_id: str
    quantity: int
    price: Decimal


class _Body(BaseModel):
    customer_id: str
    items: list[_Line]
    total: Decimal
    currency: str


def floor(client: Any, put: dict[str, Any], answer: bytes) -> Any:
    """Makes the bare handler: reads the body by a model, puts one item, answers with the same bytes but for the id."""
    item = put["Item"]
    old = item["orderId"]["S"]
    named = {name: value["S"] for name, value in item.items() if old in value.get("S", "")}
    run, numbers = uuid4().hex[:12].upper(), itertools.count()

    @post(ORDERS_PATH, status_code=201)
    async def create(data: _Body) -> Response[bytes]:
        new = f"ord_{run}{next(numbers):014d}"
        asked = {name: {"S": text.replace(old, new)} for name, text in named.items()}
        asked["customerId"] = {"S": data.customer_id}
        await client.put_item(**put | {"Item": item | asked})
        return Response(answer.replace(old.encode(), new.encode()), media_type="application/json")

    return create


class Create:
    """Orders without an idempotency key, which are judged, or each with one, which are shown beside them."""

    id = "Q-1"
    leaves_out = (
        "the token, the rules and sums of an order, the audit record, the idempotency key, the making of item and "
        "answer, and the event's way to the bus, into the log and out of the outbox"
    )

    def __init__(self, *, keyed: bool = False) -> None:
        self._keyed = keyed
        self.name = "create, each with a key" if keyed else "create"
        self.target: float | None = None if keyed else 0.75

    async def sides(self, ground: Ground) -> tuple[Opened, Opened]:
        """See ``Comparison``."""
        tokens = ground.tokens("customer")
        (sample, *_) = create_requests(tokens[:1])
        put = await recorded_call(ground, next(sample), "PutItem")
        put["Item"]["outboxShard"] = {"S": put["Item"]["outboxShard"]["S"].replace(REGION, OTHER_REGION)}
        answer = await answer_of(ground, next(sample))
        put = json.loads(json.dumps(put).replace(put["Item"]["orderId"]["S"], _ORDER_ID.findall(answer)[0].decode()))

        def ours(stack: ExitStack) -> Side:
            settings = ground.settings()
            api = stack.enter_context(api_process(settings))
            relay = stack.enter_context(relay_process(settings))
            callers = create_requests(tokens, keyed=self._keyed)
            return Side([api, relay], callers, lambda: until_quiet(ground), lambda bodies: finished(ground, bodies))

        def bare(stack: ExitStack) -> Side:
            process = stack.enter_context(bare_process(floor, ground.stand_in.url, put, answer))
            return Side([process], create_requests(tokens))

        return ours, bare


async def until_quiet(ground: Ground) -> None:
    """Waits until the outbox is empty, 20 seconds at the most; what is left then does not count."""
    for _ in range(int(_QUIET_SECONDS / 0.25)):
        if not await _waiting(ground):
            return
        await asyncio.sleep(0.25)


async def _waiting(ground: Ground) -> bool:
    shards = ground.settings().outbox_shards
    for shard in range(shards):
        found = await ground.client.query(
            TableName=ground.table,
            IndexName="OutboxPending",
            KeyConditionExpression="outboxShard = :shard",
            ExpressionAttributeValues={":shard": {"S": f"{REGION}#{shard}"}},
            Limit=1,
        )
        if found["Count"]:
            return True
    return False


async def finished(ground: Ground, answers: Sequence[bytes]) -> int:
    """Returns how many of the orders have their event in the log and none waiting."""
    found = 0
    ids = [_ORDER_ID.findall(answer)[0].decode() for answer in answers]
    for start in range(0, len(ids), _BATCH):
        partitions = [f"TENANT#{TENANT}#ORDER#{each}" for each in ids[start : start + _BATCH]]
        keys = [
            {"PK": {"S": partition}, "SK": {"S": sort}}
            for partition in partitions
            for sort in ("ORDER", f"EVENT#{1:010d}")
        ]
        items: list[Any] = []
        while keys:
            answer = await ground.client.batch_get_item(RequestItems={ground.table: {"Keys": keys}})
            items += answer["Responses"][ground.table]
            keys = answer["UnprocessedKeys"].get(ground.table, {}).get("Keys", [])
        logged = {item["PK"]["S"] for item in items if item["SK"]["S"] != "ORDER"}
        cleaned = {item["PK"]["S"] for item in items if item["SK"]["S"] == "ORDER" and not item["pending"]["M"]}
        found += len(logged & cleaned)
    return found


UNKEYED, KEYED = Create(), Create(keyed=True)
assert set(BODY) == set(_Body.model_fields)
