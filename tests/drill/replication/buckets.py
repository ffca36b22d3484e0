"""A versioned bucket in two emulated regions: lists its versions and copies those that are due."""

from collections.abc import Mapping
from typing import Any

from tests.drill.replication.objects import ObjectReplication, ObjectVersion
from tests.drill.replication.transit import Parcel, Transit


class ReplicatedBucket:
    """Keeps one bucket of two regions alike, as far as both live."""

    def __init__(self, names: Mapping[str, str], clients: Mapping[str, Any], transit: Transit[ObjectVersion]) -> None:
        """``names`` and ``clients`` by region."""
        self._names = names
        self._clients = clients
        self._transit = transit
        self._replication = ObjectReplication(tuple(names), transit)

    async def step(self) -> int:
        """Take note of new versions, and copy what has arrived; returns how many that were."""
        for region in self._names:
            if region not in self._transit.dead:
                await self._look(region)
        arrived = self._transit.arrived()
        for parcel in arrived:
            await self._deliver(parcel)
        return len(arrived)

    async def _look(self, region: str) -> None:
        found: list[tuple[int, Any, bool]] = []
        paginator = self._clients[region].get_paginator("list_object_versions")
        async for page in paginator.paginate(Bucket=self._names[region]):
            for kind, is_marker in (("Versions", False), ("DeleteMarkers", True)):
                found += [(_milliseconds(each), each, is_marker) for each in page.get(kind, [])]
        for at_ms, each, is_marker in sorted(found, key=lambda version: version[0]):
            self._replication.found(region, each["Key"], each["VersionId"], at_ms, is_marker=is_marker)

    async def _deliver(self, parcel: Parcel[ObjectVersion]) -> None:
        version, target = parcel.content, parcel.target
        current = self._replication.arrives(parcel)
        if not await self._copy(parcel.origin, version, target) or current is None:
            return
        # S3 puts it beneath the current version; here that one is made anew above it, and its old place given up.
        source = current.stamp.region
        if await self._copy(source, current, target) and source == target:
            await self._clients[target].delete_object(
                Bucket=self._names[target], Key=current.key, VersionId=current.version_id
            )

    async def _copy(self, origin: str, version: ObjectVersion, target: str) -> bool:
        """Makes the version in the target; false if its origin no longer has it."""
        client = self._clients[target]
        if version.is_marker:
            made = await client.delete_object(Bucket=self._names[target], Key=version.key)
        else:
            try:
                found = await self._clients[origin].get_object(
                    Bucket=self._names[origin], Key=version.key, VersionId=version.version_id
                )
            except self._clients[origin].exceptions.NoSuchKey:
                return False
            except self._clients[origin].exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchVersion":
                    return False
                raise
            made = await client.put_object(
                Bucket=self._names[target],
                Key=version.key,
                Body=await found["Body"].read(),
                ContentType=found["ContentType"],
                Metadata=found["Metadata"],
            )
        self._replication.made(target, version.key, made["VersionId"])
        return True


def _milliseconds(version: Any) -> int:
    return int(version["LastModified"].timestamp() * 1000)
