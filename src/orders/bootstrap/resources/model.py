"""Shared parts of resource creation: clients, the list of changes, names and ARNs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    """A resource could not be read, created or changed; the message names the refused call and the reason."""


@dataclass(frozen=True, slots=True)
class ResourceClients:
    """The clients for creating resources, all of one account and region."""

    dynamodb: "DynamoDBClient"
    sqs: "SQSClient"
    sns: "SNSClient"
    events: "EventBridgeClient"
    s3: "S3Client"
    ses: "SESClient"


@dataclass(slots=True)
class Changes:
    """The changes of one run as readable lines: `queue bbws-order-events-local`.

    `differences` are those that require deleting the resource; each states the actual and the declared value.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """True if everything existed as declared."""
        return not (self.created or self.updated or self.differences)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One topology in one environment of one account and region, from which names and ARNs are made."""

    topology: Topology
    environment: str
    partition: str
    region: str
    account: str

    def name(self, declared: str) -> str:
        """Returns the resource's name in this environment."""
        return environment_name(declared, self.environment)

    def queue_arn(self, declared: str) -> str:
        """Returns the ARN of the queue (or dead-letter queue) with that declared name."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{self.name(declared)}"

    def topic_arn(self, declared: str) -> str:
        """Returns the ARN of the topic with that declared name."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{self.name(declared)}"

    def rule_arn(self, declared: str) -> str:
        """Returns the ARN of the rule with that declared name, on this environment's bus."""
        bus = self.topology.bus_name(self.environment)
        return f"arn:{self.partition}:events:{self.region}:{self.account}:rule/{bus}/{self.name(declared)}"


def error_code(error: ClientError) -> str:
    """Returns the vendor's error code, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
