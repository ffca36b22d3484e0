"""Health probes of queues, buckets, the event bus and the mail service."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import as_transient, kind_of
from orders.ports.errors import PermanentPortError, QuotaReached
from orders.ports.mail import MailQuota

if TYPE_CHECKING:
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_sqs import SQSClient


ROOM_TO_GO_ON = 0.01
"""Of the day's quota: so much has to be free again before sending goes on."""


class QueueProbe:
    """Checks that a queue exists."""

    def __init__(self, client: "SQSClient", queue_url: str, name: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._name = name

    @property
    def name(self) -> str:
        """See ``Probe.name``."""
        return self._name

    async def check(self) -> None:
        """See ``Probe.check``."""
        with _asked(self._name):
            await self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])


class BucketProbe:
    """Checks that a bucket exists and this process may read it."""

    def __init__(self, client: "S3Client", bucket: str, name: str) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name

    @property
    def name(self) -> str:
        """See ``Probe.name``."""
        return self._name

    async def check(self) -> None:
        """See ``Probe.check``."""
        with _asked(self._name):
            await self._client.head_bucket(Bucket=self._bucket)


class BusProbe:
    """Checks that the event bus exists."""

    name = "event bus"

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    async def check(self) -> None:
        """See ``Probe.check``."""
        with _asked(self.name):
            await self._client.describe_event_bus(Name=self._bus_name)


class MailProbe:
    """Checks that mails can be sent: the service answers and its daily quota is not used up.

    Once the quota is used up, the probe fails until there is room for some mails again, since the count of the last 24
    hours falls one mail at a time.

    Args:
        allowed: maximum number of mails per 24 hours; ``None`` for the service's own quota.
    """

    name = "mail service"

    def __init__(self, client: "SESClient", *, allowed: int | None = None) -> None:
        self._client = client
        self._allowed = allowed
        self._reached = False

    async def check(self) -> None:
        """See ``Probe.check``. Raises: QuotaReached, TransientPortError, PermanentPortError."""
        quota = await self.quota()
        room_needed = quota.allowed * ROOM_TO_GO_ON if self._reached and quota.allowed > 0 else 0
        self._reached = quota.allowed >= 0 and quota.sent + room_needed >= quota.allowed
        if self._reached:
            raise QuotaReached(self.name, f"{quota.sent:.0f} of {quota.allowed:.0f} mails of 24 hours are sent")

    async def quota(self) -> MailQuota:
        """See ``MailQuotas.quota``."""
        with _asked(self.name):
            quota = await self._client.get_send_quota()
        allowed = quota.get("Max24HourSend", -1) if self._allowed is None else self._allowed
        return MailQuota(sent=quota.get("SentLast24Hours", 0), allowed=allowed)


@contextmanager
def _asked(dependency: str) -> Iterator[None]:
    """Translates every failure, a wrong name or a missing permission included: for a probe none is a bug."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise as_transient(error, dependency) or PermanentPortError(dependency, kind_of(error)) from error
