"""The orders table of one sample: what the release's own adapters write and read, carried out in the process."""

import base64
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from zlib import decompress, error

from botocore.exceptions import ClientError

from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.mail_intents import DynamoMailIntents
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.dynamodb.retained_items import DynamoRetainedItems
from orders.adapters.outbound.dynamodb.suppressions import DynamoSuppressions
from orders.adapters.outbound.dynamodb.unreadable_items import DynamoUnreadableItems
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.writer_leases import SetLease
from tests.compatibility.meaning import Json, meaning_of
from tests.contract.table_in_process import Items, carried_out
from tests.support.builders import NOON

TENANT, NAME, REGION = "tenant_a", "orders", "af-south-1"
CLAIM_TOKEN = "0123456789abcdef"


class InProcessClient:
    """A DynamoDB client over the items of one table."""

    def __init__(self, items: Items) -> None:
        self.items = items

    async def get_item(self, **arguments: Any) -> Any:
        return self._answer("get_item", arguments)

    async def put_item(self, **arguments: Any) -> Any:
        return self._answer("put_item", arguments)

    async def update_item(self, **arguments: Any) -> Any:
        return self._answer("update_item", arguments)

    async def query(self, **arguments: Any) -> Any:
        return self._answer("query", arguments)

    def _answer(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        self.items, answer = carried_out(self.items, operation, arguments)
        if isinstance(answer, ClientError):
            raise answer
        return answer


class Table:
    """The stores of one release over one table."""

    def __init__(self, stored: Iterable[Mapping[str, Any]] = ()) -> None:
        """``stored`` are items as a fixture has them."""
        items = [from_json(item) for item in stored]
        self.client = InProcessClient({(item["PK"]["S"], item["SK"]["S"]): item for item in items})
        self._open(self.client, NAME)

    def _open(self, client: Any, name: str) -> None:
        self.lease = lease = SetLease()
        # Items whose time is over are taken for none: what the fixtures hold is not to end some day.
        clock = FixedClock(NOON)
        self.orders = DynamoOrderRepository(client, name, lease, region=REGION, outbox_shards=1, clock=clock)
        self.outbox = DynamoOutbox(client, name, lease, region=REGION, outbox_shards=1, clock=clock)
        self.acceptances = DynamoAcceptances(client, name, lease, region=REGION, outbox_shards=1, clock=clock)
        self.unreadable = DynamoUnreadableItems(client, name, region=REGION, outbox_shards=1)
        self.mails = DynamoMailIntents(client, name, lease, claim_tokens=lambda: CLAIM_TOKEN, clock=clock)
        self.suppressions = DynamoSuppressions(client, name, lease)
        self.retained = DynamoRetainedItems(client, name, lease, clock=clock)

    @classmethod
    def over(cls, client: Any, name: str) -> "Table":
        """Opens the stores over a table of a server."""
        table = cls()
        table._open(client, name)
        return table

    def stored(self) -> list[Json]:
        """All items, in the order of their keys, as a fixture has them."""
        return [to_json(item) for _, item in sorted(self.client.items.items())]

    async def meaning(self) -> dict[str, Json]:
        """What the stores make of the items: every order, event, acceptance, mail and suppressed address.

        Raises: UnreadableItem.
        """
        read: dict[str, Json] = {}
        for order_id in sorted({pk.rpartition("#")[2] for pk, _ in self.client.items if "#SUPPRESSION" not in pk}):
            read[order_id] = {
                "under its key": meaning_of(await self.orders.occupant(TENANT, order_id)),
                "events": meaning_of(await self.outbox.read(TENANT, order_id, limit=1000)),
                "waiting": meaning_of(await self.outbox.waiting(TENANT, order_id)),
                "acceptance": meaning_of(await self.acceptances.get(TENANT, order_id)),
                "mails": meaning_of(await self.mails.of_order(TENANT, order_id)),
            }
            findings = await self.unreadable.of_order(TENANT, order_id)
            assert [*findings.items] == [], "what one reader takes, another does not"
        suppressed = await self.suppressions.of_tenant(TENANT)
        return read | ({"suppressed": meaning_of(suppressed)} if suppressed else {})


def to_json(value: Any) -> Json:
    """Writes an item of the client's form as JSON: bytes in Base64, as DynamoDB itself writes them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: to_json(each) for name, each in value.items()}
    return [to_json(each) for each in value] if isinstance(value, list) else value


def from_json(item: Mapping[str, Any]) -> dict[str, Any]:
    """Reads ``to_json``'s JSON of an item."""
    return {name: _tagged(value) for name, value in item.items()}


def _tagged(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind == "B":
        return {kind: base64.b64decode(content)}
    if kind == "M":
        return {kind: from_json(content)}
    return {kind: [_tagged(each) for each in content] if kind == "L" else content}


def unpacked(value: Any) -> Any:
    """An item's JSON with compressed values as what they hold: another version of zlib may pack them otherwise."""
    if isinstance(value, Mapping):
        if set(value) == {"B"}:
            with suppress(error):
                return {"B": decompress(base64.b64decode(value["B"])).decode()}
        return {name: unpacked(each) for name, each in value.items()}
    return [unpacked(each) for each in value] if isinstance(value, list) else value
