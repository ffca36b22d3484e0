"""A table in two emulated regions: reads its streams and makes the writes that are due."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.drill.replication.changes import ItemChange, TableStream
from tests.drill.replication.gate import Gate
from tests.drill.replication.items import Conflict, ItemKey, ItemReplication, ItemWrite
from tests.drill.replication.transit import Parcel, Transit

_MOST_IN_A_BATCH = 25


@dataclass(slots=True)
class TableEnd:
    """The table in one region.

    Attributes:
        gate: what every writer of that region passes.
    """

    dynamodb: Any
    stream: TableStream
    gate: Gate


class ReplicatedTable:
    """Keeps one table of two regions alike, as far as both live."""

    def __init__(
        self,
        name: str,
        ends: Mapping[str, TableEnd],
        transit: Transit[ItemWrite],
        skew_ms: Mapping[str, int],
    ) -> None:
        self.name = name
        self._ends = ends
        self._transit = transit
        self._replication = ItemReplication(tuple(ends), transit, skew_ms=skew_ms)
        self._key_attributes: dict[ItemKey, Mapping[str, Any]] = {}

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The writes that were overwritten unseen."""
        return self._replication.conflicts

    async def step(self) -> int:
        """Take note of what was written, and write what has arrived; returns how many items that were."""
        for region in self._living():
            self._note(region, await self._ends[region].stream.read())
        by_target: dict[str, list[Parcel[ItemWrite]]] = defaultdict(list)
        for parcel in self._transit.arrived():
            by_target[parcel.target].append(parcel)
        return sum([await self._deliver(region, parcels) for region, parcels in by_target.items()])

    def _living(self) -> list[str]:
        return [region for region in self._ends if region not in self._transit.dead]

    def _note(self, region: str, changes: Sequence[ItemChange]) -> None:
        for change in changes:
            self._key_attributes[change.key] = change.key_attributes
            self._replication.written(region, change.key, change.image, change.at_ms)

    async def _deliver(self, region: str, parcels: Sequence[Parcel[ItemWrite]]) -> int:
        end = self._ends[region]
        async with end.gate.alone():
            # What was written until now is the region's own; from here on nobody writes but this.
            self._note(region, await end.stream.read())
            due: dict[ItemKey, ItemWrite] = {}
            for parcel in parcels:
                if self._replication.arrives(parcel):
                    due[parcel.content.key] = parcel.content
            await self._write(end, list(due.values()))
            await end.stream.read()
        return len(due)

    async def _write(self, end: TableEnd, writes: Sequence[ItemWrite]) -> None:
        for first in range(0, len(writes), _MOST_IN_A_BATCH):
            batch = [self._request(write) for write in writes[first : first + _MOST_IN_A_BATCH]]
            answer = await end.dynamodb.batch_write_item(RequestItems={self.name: batch})
            if answer.get("UnprocessedItems"):
                raise RuntimeError(f"the emulator did not take all items of {self.name}")

    def _request(self, write: ItemWrite) -> dict[str, Any]:
        if write.image is None:
            return {"DeleteRequest": {"Key": self._key_attributes[write.key]}}
        return {"PutRequest": {"Item": write.image}}
