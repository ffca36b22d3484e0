"""Where this environment's resources are: names from the topology, queue URLs asked of SQS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.bootstrap.errors import CannotRun
from orders.bootstrap.settings import Settings
from orders.bootstrap.topology import Topology

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class ResourcesMissing(CannotRun):
    """A resource that the process needs is not there; the message names it and how it comes into being."""


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """URLs of a worker's queue and of its dead-letter queue."""

    url: str
    dead_letter_url: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Names and URLs of one environment's resources; ``queues`` by worker name."""

    table: str
    bus: str
    documents_bucket: str
    templates_bucket: str
    queues: Mapping[str, QueueAddress]


async def queue_url(sqs: "SQSClient", name: str) -> str:
    """The URL of a queue. Raises: ResourcesMissing: it is not there, or SQS can't be asked."""
    try:
        return (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
    except (ClientError, BotoCoreError) as error:
        raise ResourcesMissing(
            f"queue {name} can't be reached: {error}. On an emulator `orders bootstrap` creates it; on AWS, Terraform"
        ) from error


async def resolve_addresses(sqs: "SQSClient", topology: Topology, settings: Settings) -> Addresses:
    """The addresses of the environment that the settings name.

    Raises:
        ResourcesMissing: a queue is not there, or SQS can't be asked.
    """
    environment = settings.environment

    queues = {
        worker: QueueAddress(
            url=await queue_url(sqs, topology.queue_name(worker, environment)),
            dead_letter_url=await queue_url(sqs, topology.dead_letter_queue_name(worker, environment)),
        )
        for worker in topology.workers
    }
    return Addresses(
        table=topology.table_name(environment),
        bus=topology.bus_name(environment),
        documents_bucket=topology.bucket_name("orders", environment),
        templates_bucket=topology.bucket_name("templates", environment),
        queues=queues,
    )
