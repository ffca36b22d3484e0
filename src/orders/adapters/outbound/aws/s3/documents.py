"""Stores rendered PDFs in an S3 bucket."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote

from botocore.exceptions import ClientError

from orders.adapters.machine_clock import MachineClock
from orders.adapters.outbound.aws.s3.objects import read_body
from orders.adapters.outbound.botocore_errors import PASSING_CODES, THROTTLING_CODES, error_code, translated
from orders.adapters.within_lease import within_lease
from orders.ports.clock import Clock
from orders.ports.documents import MAX_LINK_LIFETIME
from orders.ports.errors import DocumentMissing, PermanentPortError, PortError, TransientPortError
from orders.ports.lease import WriterLease
from orders.ports.retention import document_days

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import (
        CopySourceTypeDef,
        DeleteObjectsOutputTypeDef,
        ErrorTypeDef,
        HeadObjectOutputTypeDef,
        ObjectIdentifierTypeDef,
    )

DEPENDENCY = "documents bucket"
MEDIA_TYPE = "application/pdf"

_DELETED_AT_ONCE = 1000
"""Maximum number of objects per DeleteObjects call."""

_GONE = frozenset({"NoSuchKey", "404", "InvalidObjectState"})
"""Missing, or in an archive class that has to be restored first: the same for readers."""

_UNVERSIONED = "null"
_PURGED = frozenset({"NoSuchVersion", "NoSuchKey", "404"})

DAYS_TAG = "retain-days"
"""The age in days at which a document goes: a rule of the bucket for each of ``DAY_CLASSES``."""
EXPIRY_TAG = "expires"
"""When its order goes, in seconds since 1970: a document that has it is dated already."""

_ARCHIVE_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes without instant access. (GLACIER_IR, where this service's bucket archives to, has it.)"""


class PutTags(TypedDict, total=False):
    """The tags of a put, if there are any."""

    Tagging: str


class S3DocumentStore:
    """``DocumentStore`` and ``DocumentVersions`` on S3.

    Encryption, versioning and life cycle are settings of the bucket.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        lease: WriterLease,
        presign_client: "S3Client | None" = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        """``presign_client`` signs links; it needs the public endpoint if ``client``'s is not public.

        Its signatures must be version 4 (``Config(signature_version="s3v4")``).
        """
        self._client = client
        self._bucket = bucket
        self._lease = lease
        self._clock = clock or MachineClock()
        self._presign_client = presign_client or client

    async def put(self, key: str, pdf: bytes, *, expires_at: datetime | None = None) -> None:
        """See ``DocumentStore.put``."""
        tags: PutTags = {}
        if expires_at is not None:
            days = document_days(self._clock.now(), expires_at)
            if days is None:
                return
            tags = {"Tagging": retention_tags(days, expires_at)}
        with translated(DEPENDENCY):
            await within_lease(
                self._lease,
                DEPENDENCY,
                lambda: self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=pdf,
                    ContentLength=len(pdf),
                    ContentType=MEDIA_TYPE,
                    ContentDisposition=_disposition(key),
                    **tags,
                ),
            )

    async def get(self, key: str) -> bytes:
        """See ``DocumentStore.get``."""
        with translated(DEPENDENCY):
            try:
                response = await self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in _GONE:
                    raise DocumentMissing(key) from error
                raise
            return await read_body(response, dependency=DEPENDENCY)

    async def exists(self, key: str) -> bool:
        """See ``DocumentStore.exists``."""
        with translated(DEPENDENCY):
            try:
                head = await self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in _GONE:
                    return False
                raise
        return _readable(head)

    async def link(self, key: str, *, valid_for: timedelta, filename: str) -> str:
        """See ``DocumentStore.link``.

        Raises:
            ValueError: ``valid_for`` exceeds ``MAX_LINK_LIFETIME`` or is not positive.
        """
        check_lifetime(valid_for)
        with translated(DEPENDENCY):
            return await self._presign_client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ResponseContentType": MEDIA_TYPE,
                    "ResponseContentDisposition": attachment_disposition(filename),
                },
                ExpiresIn=int(valid_for.total_seconds()),
            )

    async def purge(self, folder: str, *, keep: str | None = None) -> None:
        """See ``DocumentVersions.purge``."""
        with translated(DEPENDENCY):
            # List all before deleting: S3 does not promise that a listing continues correctly behind deleted keys.
            found = [each async for each in self._versions(folder) if each["Key"] != keep]
            for first in range(0, len(found), _DELETED_AT_ONCE):
                answer = await self._delete(found[first : first + _DELETED_AT_ONCE])
                for error in answer.get("Errors", []):
                    raise _refusal(error)

    async def _delete(self, batch: "list[ObjectIdentifierTypeDef]") -> "DeleteObjectsOutputTypeDef":
        return await within_lease(
            self._lease,
            DEPENDENCY,
            lambda: self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": batch, "Quiet": True}),
        )

    async def date_anew(self, folder: str, expires_at: datetime) -> int:
        """See ``DocumentVersions.date_anew``."""
        written = 0
        with translated(DEPENDENCY):
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=folder)
            # What was replaced or removed has its own, shorter age already.
            current = [each async for page in pages for each in page.get("Versions", []) if each["IsLatest"]]
            for version in current:
                written += await self._dated_anew(version["Key"], version["VersionId"], expires_at)
        return written

    async def _dated_anew(self, key: str, version_id: str, expires_at: datetime) -> bool:
        days = document_days(self._clock.now(), expires_at)
        if days is None:
            return False
        source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": key}
        # By its version: what is purged in between does not come back. A bucket without versions has one, which not
        # every emulator finds by that name.
        if version_id != _UNVERSIONED:
            source["VersionId"] = version_id
        try:
            found = await self._client.get_object_tagging(Bucket=self._bucket, Key=key, VersionId=version_id)
            if {"Key": EXPIRY_TAG, "Value": _seconds(expires_at)} in found["TagSet"]:
                return False
            await within_lease(
                self._lease,
                DEPENDENCY,
                lambda: self._client.copy_object(
                    Bucket=self._bucket,
                    Key=key,
                    CopySource=source,
                    # Onto itself only something changed can be copied: the metadata is given, as it was.
                    MetadataDirective="REPLACE",
                    ContentType=MEDIA_TYPE,
                    ContentDisposition=_disposition(key),
                    TaggingDirective="REPLACE",
                    Tagging=retention_tags(days, expires_at),
                ),
            )
        except ClientError as error:
            if error_code(error) in _PURGED:
                return False
            raise
        return True

    async def _versions(self, folder: str) -> "AsyncIterator[ObjectIdentifierTypeDef]":
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=folder)
        async for page in pages:
            for version in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                yield {"Key": version["Key"], "VersionId": version["VersionId"]}


def retention_tags(days: int, expires_at: datetime) -> str:
    """Returns the tags of a document that goes with its order: one is for the bucket's rules, one says it is dated."""
    return f"{DAYS_TAG}={days}&{EXPIRY_TAG}={_seconds(expires_at)}"


def _seconds(expires_at: datetime) -> str:
    return f"{expires_at.timestamp():.0f}"


def _disposition(key: str) -> str:
    return attachment_disposition("-".join(key.split("/")[-2:]))


def _refusal(error: "ErrorTypeDef") -> PortError:
    """Translates the error of one object in an otherwise successful bulk delete."""
    code = error.get("Code", "")
    if code in THROTTLING_CODES or code in PASSING_CODES:
        return TransientPortError(DEPENDENCY, code, throttled=code in THROTTLING_CODES)
    return PermanentPortError(DEPENDENCY, f"a version of {error.get('Key')} is not deleted: {code}")


def check_lifetime(valid_for: timedelta) -> None:
    """Checks the lifetime of a link, which gives access to anybody who has it. Raises: ValueError."""
    if not timedelta(seconds=1) <= valid_for <= MAX_LINK_LIFETIME:
        raise ValueError(f"a link is valid for 1 s to {MAX_LINK_LIFETIME}, not {valid_for}")


def attachment_disposition(filename: str) -> str:
    """Returns the ``Content-Disposition`` header of a download (RFC 6266), safe for any file name."""
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", filename)
    if plain == filename:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _readable(head: "HeadObjectOutputTypeDef") -> bool:
    archived = head.get("StorageClass") in _ARCHIVE_CLASSES or "ArchiveStatus" in head
    # 'ongoing-request="false", expiry-date=...' on an archived object means that a restored copy is available.
    return not archived or 'ongoing-request="false"' in head.get("Restore", "")
