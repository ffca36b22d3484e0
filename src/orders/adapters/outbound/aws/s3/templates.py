"""Reads shops' templates from the templates bucket: ``tenants/{tenant}/templates/{locale}/{path}``. See ADR 32."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.aws.s3.objects import read_body
from orders.adapters.outbound.botocore_errors import kind_of
from orders.ports.errors import TransientPortError
from orders.ports.templates import DEFAULT_LOCALE, ShopTemplate, ShopTemplates

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

DEPENDENCY = "templates bucket"
MAX_FILES = 100
MAX_FILE_BYTES = 256 * 1024
MAX_TOTAL_BYTES = 2 * 1024 * 1024
"""Of one shop's files. The largest packaged one has 8 KiB; a logo of 100 KiB inside one is fine."""

ANSWER_SECONDS = 5.0
"""So long a mail waits for the bucket, for all of a shop's files."""

RETRY_AFTER_SECONDS = 5.0
MAX_SHOPS = 1_000

_LOCALE = re.compile(rf"{DEFAULT_LOCALE}|[a-z]{{2,3}}(-[a-z0-9]{{2,8}})*")
_PATH = re.compile(r"[a-z0-9_]{1,60}/[a-z0-9_]{1,60}\.(html|txt|css)")

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Known:
    """The cached files of a shop; ``read`` has them by key."""

    templates: ShopTemplates | None = None
    read: dict[str, ShopTemplate] = field(default_factory=dict)
    fresh_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class S3TemplateStore:
    """``TemplateStore`` on S3: lists a shop's folder once per ``ttl`` and reads only the files whose ETag has changed.

    One listing gives existence, size and ETag of every file. It replaces a conditional GET for each part and language,
    most of which would find nothing.
    """

    def __init__(
        self, client: "S3Client", bucket: str, ttl: timedelta, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``monotonic`` is in seconds."""
        self._client = client
        self._bucket = bucket
        self._ttl_seconds = ttl.total_seconds()
        self._monotonic = monotonic
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def of_tenant(self, tenant_id: str) -> ShopTemplates:
        """See ``TemplateStore.of_tenant``."""
        known = self._known.setdefault(tenant_id, _Known())
        self._known.move_to_end(tenant_id)
        if len(self._known) > MAX_SHOPS:
            self._known.popitem(last=False)
        # One request at a time for each shop: concurrent callers share its result.
        async with known.lock:
            if known.templates is None or self._monotonic() >= known.fresh_until:
                await self._refresh(tenant_id, known)
            return known.templates or ShopTemplates()

    async def _refresh(self, tenant_id: str, known: _Known) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                files = await self._read_all(f"tenants/{tenant_id}/templates/", known)
        except (ClientError, BotoCoreError, TransientPortError, TimeoutError) as error:
            fault = _told(error)
            _log.warning("templates of a shop not refreshed", tenant_id=tenant_id, dependency=DEPENDENCY, fault=fault)
            if known.templates is None or known.templates.fault is not None:
                known.templates = ShopTemplates(fault=fault)
            known.fresh_until = self._monotonic() + min(RETRY_AFTER_SECONDS, self._ttl_seconds)
            return
        known.read = {file.place: file for file in files}
        known.templates = ShopTemplates(tuple(files))
        known.fresh_until = self._monotonic() + self._ttl_seconds

    async def _read_all(self, prefix: str, known: _Known) -> list[ShopTemplate]:
        answer = await self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=MAX_FILES)
        if answer.get("IsTruncated"):
            _log.warning("a shop has more templates than are read", prefix=prefix, read=MAX_FILES)
        files, total = [], 0
        for entry in answer.get("Contents", []):
            listed = _listed(prefix, entry)
            if listed is None:
                continue
            if listed.size_bytes > MAX_FILE_BYTES:
                files.append(_too_large(listed))
                continue
            total += listed.size_bytes
            if total > MAX_TOTAL_BYTES:
                files.append(replace(listed, fault=f"the shop's templates have more than {MAX_TOTAL_BYTES} bytes"))
            else:
                files.append(await self._content(listed, known.read.get(listed.place)))
        return files

    async def _content(self, listed: ShopTemplate, known: ShopTemplate | None) -> ShopTemplate:
        """Returns the file with its text, from the cache if the ETag is unchanged."""
        if known is not None and known.etag == listed.etag and known.source is not None:
            return known
        try:
            response = await self._client.get_object(Bucket=self._bucket, Key=listed.place)
            # The file can have changed since the listing: the ETag is that of the content read.
            listed = replace(listed, etag=response["ETag"], size_bytes=response["ContentLength"])
            if listed.size_bytes > MAX_FILE_BYTES:
                response["Body"].close()
                return _too_large(listed)
            content = await read_body(response, dependency=DEPENDENCY)
        except (ClientError, BotoCoreError, TransientPortError) as error:
            if known is not None and known.source is not None:
                return known
            # Stored without an ETag, so that the next refresh reads it again.
            return replace(listed, etag="", fault=f"it can't be read: {_told(error)}")
        try:
            return replace(listed, source=content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            return replace(listed, fault=f"it is not UTF-8: byte {error.start}")


def _listed(prefix: str, entry: Any) -> ShopTemplate | None:
    """Returns the file as listed; ``None`` for a key that is not a template's."""
    locale, _, path = entry["Key"].removeprefix(prefix).partition("/")
    if not _LOCALE.fullmatch(locale) or not _PATH.fullmatch(path):
        return None
    return ShopTemplate(locale, path, entry["Key"], entry["ETag"], entry["Size"])


def _too_large(listed: ShopTemplate) -> ShopTemplate:
    return replace(listed, fault=f"it has {listed.size_bytes} bytes; a template has {MAX_FILE_BYTES} at most")


def _told(error: Exception) -> str:
    if isinstance(error, ClientError | BotoCoreError):
        return kind_of(error)
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_SECONDS:g} s"
    return str(error)
