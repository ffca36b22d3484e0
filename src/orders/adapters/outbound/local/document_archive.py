"""The archive of rendered PDFs, read from their bucket."""

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.local_archive import KeptDocument, NotKept

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_FOLDERS = "orders/"
_KEY = re.compile(r"^orders/(?P<tenant>[^/]+)/\d{4}/\d{2}/(?P<order>ord_[0-9A-Z]{26})/(?P<version>\d+)\.pdf$")


class BucketDocuments:
    """``KeptDocuments`` by listing a bucket: fast enough for a developer's machine only."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def of_order(self, tenant_id: str, order_id: str) -> Sequence[KeptDocument]:
        """See ``KeptDocuments.of_order``."""
        return [document for document, _ in await self._of_order(tenant_id, order_id)]

    async def content(self, tenant_id: str, order_id: str, version: int) -> bytes:
        """See ``KeptDocuments.content``."""
        for document, key in await self._of_order(tenant_id, order_id):
            if document.version == version:
                return await self._read(key)
        raise NotKept(f"{tenant_id}/{order_id}/{version}")

    async def shops(self) -> Collection[str]:
        """See ``KeptDocuments.shops``."""
        found = []
        with translated("documents bucket"):
            async for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=_FOLDERS, Delimiter="/"
            ):
                found += [each["Prefix"].removeprefix(_FOLDERS)[:-1] for each in page.get("CommonPrefixes", [])]
        return found

    async def _read(self, key: str) -> bytes:
        with translated("documents bucket"):
            try:
                response = await self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    raise NotKept(key) from error
                raise
            async with response["Body"] as body:
                return await body.read()

    async def _of_order(self, tenant_id: str, order_id: str) -> list[tuple[KeptDocument, str]]:
        found = []
        with translated("documents bucket"):
            # The month in the key is that of the order, which its id does not tell.
            async for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{_FOLDERS}{tenant_id}/"
            ):
                for entry in page.get("Contents", []):
                    match = _KEY.match(entry["Key"])
                    if match is None or (match["tenant"], match["order"]) != (tenant_id, order_id):
                        continue
                    document = KeptDocument(
                        tenant_id=tenant_id,
                        order_id=order_id,
                        version=int(match["version"]),
                        at=entry["LastModified"],
                        size_bytes=entry["Size"],
                    )
                    found.append((document, entry["Key"]))
        found.sort(key=lambda pair: pair[0].version, reverse=True)
        return found
