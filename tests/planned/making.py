"""What making the resources of a plan shares: clients, and what the emulator calls the things of the plan."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

import boto3
from botocore.config import Config

from tests.planned.applied_plan import Planned

Maker: TypeAlias = Callable[["Making", Planned], None]
Clients: TypeAlias = Callable[[str], Any]
"""Returns the client of a service."""

_MADE_HERE = frozenset({"dynamodb", "events", "s3", "secretsmanager", "sns", "sqs"})
"""Services whose resources are made: what is called like one of theirs must be there."""


class NotMade(AssertionError):
    """A plan has what can't be made, or refers to what wasn't made; the message names it."""


@dataclass
class Making:
    """What has been made so far.

    Attributes:
        clients: returns the client of a service.
        accounts: the plan's and the emulator's.
        made: identities in the plan (ARN, id, URL), each with what the emulator calls the same.
    """

    client: Clients
    accounts: tuple[str, str]
    made: dict[str, str] = field(default_factory=dict)
    later: list[tuple[Maker, Planned]] = field(default_factory=list)

    def learn(self, planned: Planned, **actual: str) -> None:
        """Notes what the emulator gave for attributes of the resource."""
        self.made.update({planned.values[name]: text for name, text in actual.items() if name in planned.values})

    def resolved(self, value: Any) -> Any:
        """Returns a value, or a JSON text, with everything in it that refers to something made replaced.

        Raises: NotMade: an ARN or a queue's URL that is nobody's.
        """
        if isinstance(value, Mapping):
            return {name: self.resolved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        if not isinstance(value, str):
            return value
        return json.dumps(self.resolved(json.loads(value))) if value.startswith("{") else self._name(value)

    def _name(self, value: str) -> str:
        if value in self.made:
            return self.made[value]
        bucket, slash, key = value.partition("/")
        if bucket.startswith("arn:aws:s3:::") and bucket in self.made:
            return self.made[bucket] + slash + key
        if not value.startswith(("arn:", "https://sqs.")):
            return value
        # Put together from names in the plan, rightly where what the emulator made is called so in its own account.
        here = value.replace(f":{self.accounts[0]}:", f":{self.accounts[1]}:")
        elsewhere = value.startswith("arn:") and value.split(":")[2] not in _MADE_HERE
        if elsewhere or any(fnmatchcase(made, here) for made in self.made.values()):
            return here
        raise NotMade(f"{value} is referred to, and nothing that was made is called so")


def clients_of(url: str, region: str) -> Clients:
    """Returns a function that gives the client of a service on an emulator; one for each service."""
    opened: dict[str, Any] = {}
    settings = Config(retries={"mode": "standard", "total_max_attempts": 2}, s3={"addressing_style": "path"})

    def client(service: str) -> Any:
        if service not in opened:
            opened[service] = boto3.client(
                service, region_name=region, endpoint_url=url, config=settings,
                aws_access_key_id="test", aws_secret_access_key="test",
            )  # fmt: skip
        return opened[service]

    return client
