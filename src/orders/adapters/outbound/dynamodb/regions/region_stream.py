"""What a region's table has stored, from its DynamoDB stream. Contract: ports/region_changes.py."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.items.claim_items import is_claim
from orders.adapters.outbound.dynamodb.items.event_items import EPOCH, FIRST_EPOCH
from orders.adapters.outbound.dynamodb.keys import ACCEPTANCE_SORT_KEY, EVENT_PREFIX, ORDER_SORT_KEY
from orders.ports.errors import PermanentPortError
from orders.ports.region_changes import ChangeKind, StoredChange

DEPENDENCY = "orders table's stream"
EMPTY_READS = 10
"""An open shard ends nowhere: so many empty reads in a row are its end as of now. Reads of gaps are empty too."""

_PARTITION = re.compile(r"TENANT#([^#]+)#(ORDER|MAIL)#([^#]+)")


class StreamsClient(Protocol):
    """The part of DynamoDB Streams' client that is used."""

    async def describe_stream(self, **parameters: Any) -> Any:
        """See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""
        ...

    async def get_shard_iterator(self, **parameters: Any) -> Any:
        """See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
        ...

    async def get_records(self, **parameters: Any) -> Any:
        """See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""
        ...


class DynamoRegionStream:
    """``RegionStream`` from the beginning of what the stream keeps; parents before their children."""

    def __init__(self, dynamodb: Any, streams: StreamsClient, table_name: str, *, region: str) -> None:
        """Both clients are of ``region``."""
        self._dynamodb = dynamodb
        self._streams = streams
        self._table = table_name
        self._region = region

    @property
    def region(self) -> str:
        """See ``RegionStream.region``."""
        return self._region

    async def changes(self) -> AsyncIterator[StoredChange]:
        """See ``RegionStream.changes``."""
        with translated(DEPENDENCY):
            described = await self._dynamodb.describe_table(TableName=self._table)
        stream = described["Table"].get("LatestStreamArn")
        if stream is None:
            raise PermanentPortError(DEPENDENCY, f"table {self._table} in {self._region} has no stream")
        for shard in await self._shards(stream):
            async for record in self._records(stream, shard):
                image = record["dynamodb"].get("NewImage")
                if image:
                    for change in _changes(from_wire(image)):
                        yield change

    async def _shards(self, stream: str) -> list[str]:
        """Returns the shards' ids, each behind its parent."""
        found: dict[str, str | None] = {}
        start: str | None = None
        while True:
            more = {} if start is None else {"ExclusiveStartShardId": start}
            with translated(DEPENDENCY):
                answer = await self._streams.describe_stream(StreamArn=stream, **more)
            described = answer["StreamDescription"]
            found.update((each["ShardId"], each.get("ParentShardId")) for each in described["Shards"])
            start = described.get("LastEvaluatedShardId")
            if start is None:
                break
        ordered: dict[str, None] = {}
        for shard in found:
            line, each = [], shard
            while each in found and each not in ordered:
                line.append(each)
                each = found[each] or ""
            ordered.update(dict.fromkeys(reversed(line)))
        return list(ordered)

    async def _records(self, stream: str, shard: str) -> AsyncIterator[Mapping[str, Any]]:
        try:
            with translated(DEPENDENCY):
                answer = await self._streams.get_shard_iterator(
                    StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
                )
        except ClientError as error:
            # It was older than a day, and has gone since it was listed.
            if error_code(error) == "ResourceNotFoundException":
                return
            raise
        iterator, empty = answer.get("ShardIterator"), 0
        while iterator is not None and empty < EMPTY_READS:
            with translated(DEPENDENCY):
                answer = await self._streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield record
            empty = 0 if answer["Records"] else empty + 1
            iterator = answer.get("NextShardIterator")


def _changes(image: Mapping[str, Any]) -> Iterator[StoredChange]:
    """Yields the changes that an item's image tells of: of an order first its events, then itself."""
    found = _PARTITION.fullmatch(str(image.get("PK", "")))
    if found is None:
        return
    tenant_id, kind, order_id = found.groups()
    sort_key, epoch = str(image.get("SK", "")), _number(image.get(EPOCH), FIRST_EPOCH)
    if kind == "MAIL":
        yield StoredChange(ChangeKind.MAIL, tenant_id, order_id, _number(sort_key[:10]), epoch, what=sort_key)
    elif sort_key == ACCEPTANCE_SORT_KEY:
        yield StoredChange(ChangeKind.ACCEPTANCE, tenant_id, order_id, 0, epoch)
    elif sort_key.startswith(EVENT_PREFIX):
        yield event_change(tenant_id, order_id, sort_key.removeprefix(EVENT_PREFIX), image)
    elif sort_key == ORDER_SORT_KEY and not is_claim(image):
        pending = image.get("pending")
        for name, event in sorted(pending.items()) if isinstance(pending, dict) else ():
            if isinstance(event, dict):
                yield event_change(tenant_id, order_id, name, event)
        yield StoredChange(ChangeKind.ORDER, tenant_id, order_id, _number(image.get("sequence")), epoch)


def event_change(tenant_id: str, order_id: str, name: str, event: Mapping[str, Any]) -> StoredChange:
    """Returns an event as a change; ``name`` is its sequence as it is stored."""
    return StoredChange(
        ChangeKind.EVENT,
        tenant_id,
        order_id,
        _number(name),
        _number(event.get(EPOCH), FIRST_EPOCH),
        what=str(event.get("type", "")),
        at=str(event.get("at", "")),
    )


def _number(value: Any, otherwise: int = 0) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) else otherwise
