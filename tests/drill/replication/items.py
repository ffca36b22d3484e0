"""Items of a table in two regions as DynamoDB's global tables keep them: the last writer of a whole item wins.

"Last" is by the time of the write, told by the clock of the region in which it was written. A write always takes effect
where it is made; where a later one is known, it is replaced by that again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.drill.replication.transit import Parcel, Transit

ItemKey: TypeAlias = tuple[str, ...]
Image: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When a write was made, by its region's clock; the region's name and its count decide between equals."""

    at_ms: int
    region: str
    number: int


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """One write: the whole item, or ``None`` for a deletion, by a caller or by its time to live.

    Attributes:
        knows: for each region, the number of its latest write that this one was made on top of; itself included.
    """

    key: ItemKey
    image: Image | None = field(repr=False)
    stamp: Stamp
    knows: Mapping[str, int]

    def is_on_top_of(self, other: "ItemWrite") -> bool:
        """Tells whether this was made with the other, or something later of its region, in sight."""
        return self.knows.get(other.stamp.region, 0) >= other.stamp.number


@dataclass(frozen=True, slots=True)
class Conflict:
    """A write that took effect somewhere and was replaced by one that knew nothing of it."""

    lost: ItemWrite
    won: ItemWrite


class ItemReplication:
    """Decides what each region's item is; whoever uses it reads the writes and makes the ones that are due."""

    def __init__(
        self, regions: Sequence[str], transit: Transit[ItemWrite], *, skew_ms: Mapping[str, int] | None = None
    ) -> None:
        """``skew_ms`` is how far each region's clock is ahead."""
        self._regions = tuple(regions)
        self._transit = transit
        self._skew_ms = dict(skew_ms or {})
        self._newest: dict[str, dict[ItemKey, ItemWrite]] = {region: {} for region in regions}
        self._conflicts: dict[Stamp, Conflict] = {}
        self._count = 0

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Each write that was overwritten unseen, once, in whichever region that was noticed first."""
        return tuple(self._conflicts.values())

    def written(self, region: str, key: ItemKey, image: Image | None, at_ms: int) -> ItemWrite:
        """Takes note of a write in a region, in the order they were made there, and sends it to the others.

        Where the item is newer than the write by the clocks (one of them is wrong), the item comes back.
        """
        self._count += 1
        here = self._newest[region].get(key)
        stamp = Stamp(at_ms + self._skew_ms.get(region, 0), region, self._count)
        write = ItemWrite(key, image, stamp, {**(here.knows if here else {}), region: self._count})
        if here is not None and here.stamp > stamp:
            self._note(lost=write, won=here)
            self._transit.send(region, region, here)
        else:
            self._newest[region][key] = write
        for other in self._regions:
            if other != region:
                self._transit.send(region, other, write)
        return write

    def arrives(self, parcel: Parcel[ItemWrite]) -> bool:
        """Tells whether what arrives is to be written to its target: unless the item there is newer."""
        write, items = parcel.content, self._newest[parcel.target]
        here = items.get(write.key)
        if here is None or here == write:
            items[write.key] = write
            return True
        if here.stamp < write.stamp:
            self._note(lost=here, won=write)
            items[write.key] = write
            return True
        self._note(lost=write, won=here)
        return False

    def newest(self, region: str, key: ItemKey) -> ItemWrite | None:
        """Returns the last known write of an item in a region."""
        return self._newest[region].get(key)

    def _note(self, *, lost: ItemWrite, won: ItemWrite) -> None:
        if not won.is_on_top_of(lost):
            self._conflicts.setdefault(lost.stamp, Conflict(lost, won))
