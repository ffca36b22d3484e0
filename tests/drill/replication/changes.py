"""Changes of a table, as its stream tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.drill.replication.items import Image, ItemKey

_MILLISECONDS = 20
"""The emulator's sequence numbers begin with so many digits of the time; the record's own time is in whole seconds."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One record: the item as it is after the change, ``None`` where it is gone, by a caller or by its time to live."""

    key: ItemKey
    key_attributes: Mapping[str, Any]
    image: Image | None = field(repr=False)
    at_ms: int

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "ItemChange":
        """Reads a record of the emulator's DynamoDB Streams."""
        change = record["dynamodb"]
        gone = record["eventName"] == "REMOVE"
        return cls(
            key=tuple(value["S"] for _, value in sorted(change["Keys"].items())),
            key_attributes=change["Keys"],
            image=None if gone else change["NewImage"],
            at_ms=int(change["SequenceNumber"][:_MILLISECONDS]),
        )


class TableStream:
    """Reads a table's stream, each record once. It has one shard, as the emulator's streams have."""

    def __init__(self, streams: Any, iterator: str) -> None:
        self._streams = streams
        self._iterator = iterator

    @classmethod
    async def opened(cls, dynamodb: Any, streams: Any, table: str) -> "TableStream":
        """Begins with what is written from now on. Turns the stream on where there is none: replicas need it."""
        described = (await dynamodb.describe_table(TableName=table))["Table"]
        if "LatestStreamArn" not in described:
            specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            await dynamodb.update_table(TableName=table, StreamSpecification=specification)
            described = (await dynamodb.describe_table(TableName=table))["Table"]
        arn = described["LatestStreamArn"]
        stream = (await streams.describe_stream(StreamArn=arn))["StreamDescription"]
        (shard,) = stream["Shards"]
        answer = await streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")
        return cls(streams, answer["ShardIterator"])

    async def read(self) -> list[ItemChange]:
        """Returns all that was written since the last time."""
        found: list[ItemChange] = []
        while True:
            answer = await self._streams.get_records(ShardIterator=self._iterator, Limit=1000)
            self._iterator = answer["NextShardIterator"]
            if not answer["Records"]:
                return found
            found += map(ItemChange.of, answer["Records"])
