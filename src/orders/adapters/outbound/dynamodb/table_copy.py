"""A copy of the orders in DynamoDB, with its PDFs in S3. Contract: ports/table_copies.py."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from orders.adapters.outbound.botocore_errors import translated
from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.instants import parse_instant
from orders.adapters.outbound.dynamodb.keys import EVENT_PREFIX, ORDER_SORT_KEY, mail_partition, order_partition
from orders.adapters.outbound.dynamodb.orders_by_day import DynamoOrdersByDay
from orders.adapters.outbound.dynamodb.table import OrdersTable, Placeholders
from orders.adapters.together import together
from orders.ports.documents import document_folder
from orders.ports.orders_by_day import OrderOutline
from orders.ports.table_copies import OrderCopy

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_s3 import S3Client

_OF_REPLICATION = "aws:rep:"
"""What DynamoDB's own replication has added in former versions, which differs from region to region."""


class DynamoTableCopy:
    """``TableCopy`` over a table and, unless PDFs are left out, a bucket."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        table_name: str,
        *,
        name: str,
        s3: "S3Client | None" = None,
        bucket: str = "",
    ) -> None:
        """Without ``s3`` no order has PDFs."""
        self._name = name
        self._table = OrdersTable(dynamodb, table_name)
        self._days = DynamoOrdersByDay(dynamodb, table_name)
        self._s3 = s3
        self._bucket = bucket

    @property
    def name(self) -> str:
        """See ``TableCopy.name``."""
        return self._name

    def orders(self, day: datetime) -> AsyncIterator[OrderOutline]:
        """See ``TableCopy.orders``."""
        return self._days.read(day)

    async def order(self, outline: OrderOutline) -> OrderCopy:
        """See ``TableCopy.order``."""
        tenant_id, order_id = outline.tenant_id, outline.order_id
        orders, mails = await together(
            self._items(order_partition(tenant_id, order_id)), self._items(mail_partition(tenant_id, order_id))
        )
        checksums = {str(item["SK"]): _checksum(item) for item in orders}
        checksums |= {f"MAIL {item['SK']}": _checksum(item) for item in mails}
        return OrderCopy(checksums, tuple(sorted(_events(orders))), await self._documents(outline))

    async def _items(self, partition: str) -> list[Item]:
        place = Placeholders()
        condition = f"{place.name('PK')} = {place.value(partition)}"
        items: list[Item] = []
        resume: Mapping[str, Any] | None = None
        while True:
            page = await self._table.query(condition, place, resume=resume)
            items.extend(page.items)
            resume = page.resume
            if resume is None:
                return items

    async def _documents(self, outline: OrderOutline) -> frozenset[str]:
        if self._s3 is None:
            return frozenset()
        created_at = parse_instant(outline.position.partition("#")[0])
        folder = document_folder(tenant_id=outline.tenant_id, created_at=created_at, order_id=outline.order_id)
        with translated("documents bucket"):
            # An order has a document for each of its versions: fewer than a page holds.
            answer = await self._s3.list_objects_v2(Bucket=self._bucket, Prefix=folder)
        return frozenset(each["Key"].removeprefix(folder) for each in answer.get("Contents", ()))


def _events(items: list[Item]) -> set[int]:
    names: set[str] = set()
    for item in items:
        if item["SK"] == ORDER_SORT_KEY and isinstance(item.get("pending"), dict):
            names.update(item["pending"])
        elif str(item["SK"]).startswith(EVENT_PREFIX):
            names.add(str(item["SK"]).removeprefix(EVENT_PREFIX))
    return {int(name) for name in names if name.isdecimal()}


def _checksum(item: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in item.items() if not name.startswith(_OF_REPLICATION)}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, default=_plain)
    return sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    """Returns a text for what JSON doesn't know: bytes and decimals."""
    return value.hex() if isinstance(value, bytes) else str(value)
