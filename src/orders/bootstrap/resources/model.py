"""What creating resources has in common: the clients, what was changed, how ARNs are made of names."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from orders.bootstrap.errors import CannotRun
from orders.bootstrap.resources.topology import Topology, environment_name

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient


class ResourceError(CannotRun):
    """A resource could not be looked at, created or changed; the message says which call was refused and why."""


@dataclass(frozen=True, slots=True)
class ResourceClients:
    """The clients resources are created with, all of one account and region."""

    dynamodb: "DynamoDBClient"
    sqs: "SQSClient"
    sns: "SNSClient"
    events: "EventBridgeClient"
    s3: "S3Client"
    ses: "SESClient"


@dataclass(slots=True)
class Changes:
    """What one run did, in lines a person can read: `queue bbws-order-events-local`.

    `differences` are those that only deleting the resource would mend; each says what is and what was declared.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether everything was there, and as declared."""
        return not (self.created or self.updated or self.differences)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One topology in one environment of one account and region: what names and ARNs are made of."""

    topology: Topology
    environment: str
    partition: str
    region: str
    account: str

    def name(self, declared: str) -> str:
        """The resource's name in this environment."""
        return environment_name(declared, self.environment)

    def queue_arn(self, declared: str) -> str:
        """ARN of the queue (or dead-letter queue) of a declared name."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{self.name(declared)}"

    def topic_arn(self, declared: str) -> str:
        """ARN of the topic of a declared name."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{self.name(declared)}"

    def rule_arn(self, declared: str) -> str:
        """ARN of the rule of a declared name, on this environment's bus."""
        bus = self.topology.bus_name(self.environment)
        return f"arn:{self.partition}:events:{self.region}:{self.account}:rule/{bus}/{self.name(declared)}"


async def together(*work: Coroutine[Any, Any, object]) -> None:
    """Runs coroutines concurrently; the first failure cancels the others and is raised as itself, without a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def error_code(error: ClientError) -> str:
    """The vendor's error code, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
