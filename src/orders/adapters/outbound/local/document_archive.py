"""The archive of rendered PDFs, read from their bucket."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.local_archive import KeptDocument, NotKept

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_KEY = re.compile(r"^orders/(?P<tenant>[^/]+)/\d{4}/\d{2}/(?P<order>ord_[0-9A-Z]{26})/(?P<version>\d+)\.pdf$")


class BucketDocuments:
    """``KeptDocuments`` by listing a bucket: fast enough for a developer's machine only."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def newest(self, limit: int = 200) -> Sequence[KeptDocument]:
        """See ``KeptDocuments.newest``."""
        return [document for document, _ in (await self._all())[:limit]]

    async def content(self, tenant_id: str, order_id: str, version: int) -> bytes:
        """See ``KeptDocuments.content``."""
        wanted = (tenant_id, order_id, version)
        for document, key in await self._all():
            if (document.tenant_id, document.order_id, document.version) == wanted:
                return await self._read(key)
        raise NotKept(f"{tenant_id}/{order_id}/{version}")

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

    async def _all(self) -> list[tuple[KeptDocument, str]]:
        found = []
        with translated("documents bucket"):
            async for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix="orders/"
            ):
                for entry in page.get("Contents", []):
                    match = _KEY.match(entry["Key"])
                    if match is not None:
                        document = KeptDocument(
                            tenant_id=match["tenant"],
                            order_id=match["order"],
                            version=int(match["version"]),
                            at=entry["LastModified"],
                            size_bytes=entry["Size"],
                        )
                        found.append((document, entry["Key"]))
        found.sort(key=lambda pair: pair[0].at, reverse=True)
        return found
