"""Inspects the shops' profiles in the templates bucket, broken ones included."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.adapters.outbound.aws.s3.objects import read_body
from orders.adapters.outbound.aws.s3.tenant_file import BrokenProfile, parse_profile
from orders.adapters.outbound.aws.s3.tenants import DEPENDENCY, FOLDER, profile_key
from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.tenants import TenantFile

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client


class S3TenantFiles:
    """``TenantFiles`` on S3; nothing is cached."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def tenants(self) -> Sequence[str]:
        """See ``TenantFiles.tenants``."""
        found: list[str] = []
        with translated(DEPENDENCY):
            paginator = self._client.get_paginator("list_objects_v2")
            async for page in paginator.paginate(Bucket=self._bucket, Prefix=FOLDER, Delimiter="/"):
                prefixes = (each["Prefix"] for each in page.get("CommonPrefixes", []))
                found += [prefix.removeprefix(FOLDER).removesuffix("/") for prefix in prefixes]
        return sorted(found)

    async def inspect(self, tenant_id: str) -> TenantFile:
        """See ``TenantFiles.inspect``."""
        with translated(DEPENDENCY):
            try:
                response = await self._client.get_object(Bucket=self._bucket, Key=profile_key(tenant_id))
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return TenantFile(tenant_id)
                raise
            content = await read_body(response, dependency=DEPENDENCY)
        try:
            return TenantFile(tenant_id, parse_profile(content, tenant_id=tenant_id))
        except BrokenProfile as error:
            return TenantFile(tenant_id, fault=str(error))
