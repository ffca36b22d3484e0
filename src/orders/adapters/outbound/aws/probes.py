"""Asks queues, buckets and the mail service the cheapest question that each answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import as_transient, kind_of
from orders.ports.errors import PermanentPortError, TransientPortError

if TYPE_CHECKING:
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_sqs import SQSClient


class QueueProbe:
    """Whether a queue is there."""

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
    """Whether a bucket is there and this process may read it."""

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
    """Whether the event bus is there."""

    name = "event bus"

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    async def check(self) -> None:
        """See ``Probe.check``."""
        with _asked(self.name):
            await self._client.describe_event_bus(Name=self._bus_name)


class MailProbe:
    """Whether mails can be sent: the service answers and the day's quota is not used up."""

    name = "mail service"

    def __init__(self, client: "SESClient") -> None:
        self._client = client

    async def check(self) -> None:
        """See ``Probe.check``. Over quota is ``TransientPortError`` with ``throttled``."""
        with _asked(self.name):
            quota = await self._client.get_send_quota()
        # A quota of -1 has no end.
        sent, allowed = quota.get("SentLast24Hours", 0), quota.get("Max24HourSend", -1)
        if 0 <= allowed <= sent:
            raise TransientPortError(self.name, f"all {allowed:.0f} mails of 24 hours are sent", throttled=True)


@contextmanager
def _asked(dependency: str) -> Iterator[None]:
    """Whatever keeps the answer away, a wrong name or a missing permission included, is a finding here and no bug."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise as_transient(error, dependency) or PermanentPortError(dependency, kind_of(error)) from error
