"""Looks up shops' profiles in the templates bucket, through a cache."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from orders.adapters.outbound.aws.s3.objects import read_body
from orders.adapters.outbound.aws.s3.tenant_file import BrokenProfile, parse_profile
from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.errors import ItemKind, TransientPortError
from orders.ports.metric_catalogue import UNREADABLE_ITEMS
from orders.ports.metrics import Counters
from orders.ports.tenants import TenantProfile

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectRequestTypeDef

DEPENDENCY = "templates bucket"
FOLDER = "tenants/"
MAX_CACHED = 10_000
RETRY_AFTER_SECONDS = 5.0
"""While the bucket is out of reach, the profiles known are used so long before it is asked again."""

_log = structlog.get_logger(__name__)


def profile_key(tenant_id: str) -> str:
    """Returns the key of a shop's profile in the templates bucket."""
    return f"{FOLDER}{tenant_id}/profile.json"


@dataclass(slots=True)
class _Known:
    """A cached profile; ``etag`` is that of its file, ``None`` if there is no file.

    Attributes:
        good: the profile of the last valid file; ``None`` if there is no file.
    """

    profile: TenantProfile | None = None
    good: TenantProfile | None = None
    etag: str | None = None
    fresh_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class S3TenantDirectory:
    """``TenantDirectory`` on S3, cached for ``ttl`` and then revalidated by ETag."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        default: Callable[[str], TenantProfile],
        ttl: timedelta,
        counters: Counters,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        room: int = MAX_CACHED,
    ) -> None:
        """``default`` makes the profile of a shop with a missing or broken file; ``monotonic`` is in seconds.

        At most ``room`` profiles are cached; the least recently used are evicted.
        """
        self._client = client
        self._bucket = bucket
        self._default = default
        self._counters = counters
        self._ttl_seconds = ttl.total_seconds()
        self._monotonic = monotonic
        self._room = room
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def profile(self, tenant_id: str) -> TenantProfile:
        """See ``TenantDirectory.profile``. While the bucket is unreachable the last valid profile is returned."""
        known = self._known.setdefault(tenant_id, _Known())
        self._known.move_to_end(tenant_id)
        if len(self._known) > self._room:
            self._known.popitem(last=False)
        if known.profile is not None and self._monotonic() < known.fresh_until:
            return known.profile
        # One request at a time for each tenant: concurrent callers share its result.
        async with known.lock:
            if known.profile is not None and self._monotonic() < known.fresh_until:
                return known.profile
            return await self._refresh(tenant_id, known)

    async def _refresh(self, tenant_id: str, known: _Known) -> TenantProfile:
        try:
            profile = await self._read(tenant_id, known)
        except TransientPortError as error:
            if known.profile is None:
                raise
            _log.warning("tenant profile not refreshed, the last one stays", tenant_id=tenant_id, error=str(error))
            known.fresh_until = self._monotonic() + min(RETRY_AFTER_SECONDS, self._ttl_seconds)
            return known.profile
        known.profile = profile
        known.fresh_until = self._monotonic() + self._ttl_seconds
        return profile

    async def _read(self, tenant_id: str, known: _Known) -> TenantProfile:
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": profile_key(tenant_id)}
        if known.profile is not None and known.etag is not None:
            request["IfNoneMatch"] = known.etag
        with translated(DEPENDENCY):
            try:
                response = await self._client.get_object(**request)
            except ClientError as error:
                if error_code(error) == "304" and known.profile is not None:
                    return known.profile
                if error_code(error) == "NoSuchKey":
                    known.etag = known.good = None
                    return self._default(tenant_id)
                raise
            content = await read_body(response, dependency=DEPENDENCY)
        # A broken file's ETag is cached too, so that it is logged once rather than once per ttl.
        known.etag = response["ETag"]
        try:
            known.good = parse_profile(content, tenant_id=tenant_id)
        except BrokenProfile as error:
            self._counters.count(UNREADABLE_ITEMS, kind=str(ItemKind.PROFILE), where="profile")
            if known.good is not None:
                # A file broken by mistake or written by a later release does not replace the last valid profile.
                _log.warning("tenant profile is broken, the last good one stays", key=request["Key"], error=str(error))
                return known.good
            _log.warning("tenant profile is broken, the default is used", key=request["Key"], error=str(error))
            return self._default(tenant_id)
        return known.good
