"""Objects of a versioned bucket in two regions, as S3 replicates them: every version arrives, the latest is current.

A marker of deletion is replicated like a version. The deletion of one version is not: whoever erases does so in both
buckets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.drill.replication.items import Stamp
from tests.drill.replication.transit import Parcel, Transit


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """A version of an object; ``version_id`` is the one it has in its region of origin."""

    key: str
    version_id: str
    stamp: Stamp
    is_marker: bool = False


class ObjectReplication:
    """Decides where in its target's stack of versions each version goes."""

    def __init__(self, regions: Sequence[str], transit: Transit[ObjectVersion]) -> None:
        self._regions = tuple(regions)
        self._transit = transit
        self._known: dict[str, set[tuple[str, str]]] = {region: set() for region in regions}
        self._current: dict[str, dict[str, ObjectVersion]] = {region: {} for region in regions}
        self._count = 0

    def found(self, region: str, key: str, version_id: str, at_ms: int, *, is_marker: bool = False) -> bool:
        """Takes note of a version that a region's bucket has; returns whether it is a new one, which is sent on."""
        if (key, version_id) in self._known[region]:
            return False
        self._known[region].add((key, version_id))
        self._count += 1
        version = ObjectVersion(key, version_id, Stamp(at_ms, region, self._count), is_marker)
        current = self._current[region].get(key)
        if current is None or current.stamp < version.stamp:
            self._current[region][key] = version
        for other in self._regions:
            if other != region:
                self._transit.send(region, other, version)
        return True

    def arrives(self, parcel: Parcel[ObjectVersion]) -> ObjectVersion | None:
        """Returns the version that is to be current after this one has arrived, if that is another; else ``None``."""
        version, current = parcel.content, self._current[parcel.target].get(parcel.content.key)
        if current is None or current.stamp < version.stamp:
            self._current[parcel.target][version.key] = version
            return None
        return current

    def made(self, region: str, key: str, version_id: str) -> None:
        """Takes note of a version that replication itself has made: it isn't sent back."""
        self._known[region].add((key, version_id))
