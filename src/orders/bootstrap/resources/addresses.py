"""Resolves this environment's resources: their names, and queue URLs from SQS."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from orders.adapters.inbound.backoff import Backoff
from orders.adapters.outbound.botocore_errors import as_transient
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.resources.names import ResourceNames, names_of
from orders.bootstrap.resources.topology import ERASURE_LEDGER, ORDERS, TEMPLATES, Topology

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

RECONNECT = Backoff(first=timedelta(seconds=0.5), longest=timedelta(seconds=15))

_Found = TypeVar("_Found")

_log = logging.getLogger(__name__)


class ResourcesMissing(CannotRun):
    """A resource that the process needs does not exist; the message names it and how to create it."""


class QueuesOutOfReach(ResourcesMissing):
    """SQS is temporarily unreachable."""


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """URLs of a worker's queue and of its dead-letter queue."""

    url: str
    dead_letter_url: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Names and URLs of one environment's resources; ``queues`` by worker name."""

    names: ResourceNames
    queues: Mapping[str, QueueAddress]

    @property
    def table(self) -> str:
        """The table of orders."""
        return self.names.table()

    @property
    def erasure_ledger_table(self) -> str:
        """The ledger of erasures."""
        return self.names.table(ERASURE_LEDGER)

    @property
    def bus(self) -> str:
        """The event bus."""
        return self.names.bus

    @property
    def documents_bucket(self) -> str:
        """The bucket of PDFs."""
        return self.names.bucket(ORDERS)

    @property
    def other_documents_bucket(self) -> str | None:
        """The other region's bucket of PDFs; ``None`` in a single region."""
        return self.names.other_region_documents

    @property
    def templates_bucket(self) -> str:
        """The bucket of shops' profiles and templates."""
        return self.names.bucket(TEMPLATES)


async def queue_url(sqs: "SQSClient", name: str) -> str:
    """Returns the URL of a queue. Raises: QueuesOutOfReach: SQS is unreachable. ResourcesMissing: it does not
    exist.
    """
    try:
        return (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
    except (ClientError, BotoCoreError) as error:
        passing = as_transient(error, name)
        raise (ResourcesMissing if passing is None else QueuesOutOfReach)(
            f"queue {name} can't be reached: {error}. {_remedy(error, passing=passing is not None)}"
        ) from error


def _remedy(error: Exception, *, passing: bool) -> str:
    if isinstance(error, NoCredentialsError):
        return "For an emulator set AWS_ENDPOINT_URL; on AWS, credentials come with the task's role or AWS_PROFILE"
    if passing:
        return "Is it running, and is that its address (AWS_ENDPOINT_URL)?"
    return "On an emulator `orders bootstrap` creates it; on AWS, Terraform"


async def resolve_addresses(sqs: "SQSClient", topology: Topology, settings: Settings) -> Addresses:
    """Returns the addresses of the settings' environment.

    Raises:
        QueuesOutOfReach: SQS is unreachable.
        ResourcesMissing: a queue does not exist.
    """
    environment = settings.environment

    names = [
        name
        for worker in topology.workers
        for name in (topology.queue_name(worker, environment), topology.dead_letter_queue_name(worker, environment))
    ]
    # Concurrently: sequentially they take a tenth of a second of every start, even with low latency.
    urls = iter(await _all_at_once([queue_url(sqs, name) for name in names]))
    queues = {worker: QueueAddress(url=next(urls), dead_letter_url=next(urls)) for worker in topology.workers}
    return Addresses(names=names_of(settings, topology), queues=queues)


async def _all_at_once(asked: Sequence[Coroutine[Any, Any, str]]) -> list[str]:
    """Returns the results in order; a failure cancels the others and is raised, configuration errors before
    outages.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in asked]
    except ExceptionGroup as failures:
        mistakes = (each for each in failures.exceptions if not isinstance(each, QueuesOutOfReach))
        raise next(mistakes, failures.exceptions[0]) from None
    return [task.result() for task in tasks]


async def addresses_in_reach(
    sqs: "SQSClient", topology: Topology, settings: Settings, stop: asyncio.Event, *, reconnect: Backoff = RECONNECT
) -> Addresses | None:
    """Resolves addresses and waits while SQS is unreachable; ``None`` if ``stop`` is set first.

    Raises:
        ResourcesMissing: a queue does not exist.
    """
    return await once_in_reach(lambda: resolve_addresses(sqs, topology, settings), stop, reconnect=reconnect)


async def once_in_reach(
    look_up: Callable[[], Awaitable[_Found]], stop: asyncio.Event, *, reconnect: Backoff = RECONNECT
) -> _Found | None:
    """Returns what a look-up of queues finds, tried again while SQS is unreachable; ``None`` if ``stop`` is set first.

    A process looks nothing up at its start by another way: an outage at that moment would end it.

    Raises:
        ResourcesMissing: a queue does not exist.
    """
    failures = 0
    while not stop.is_set():
        try:
            return await look_up()
        except QueuesOutOfReach as error:
            failures += 1
            if failures == 1:
                _log.error("the queues are out of reach, trying on: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), reconnect.seconds(failures))
    return None
