"""What is known of an environment while it is released to: services, their deployments, and how a release can end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

API = "api"
ACCOUNT = "account"
"""The check that no other makes sense without."""


class Refused(Exception):
    """Nothing was changed: the message says why, and what to do."""


class Outcome(IntEnum):
    """How a command ends; the value is its exit code. Each of them is one known state of the environment."""

    DONE = 0
    """What was asked for holds: released, taken back, nothing to do."""
    ROLLED_BACK = 1
    """A release failed; every service and Terraform's state are on the digest of before."""
    REFUSED = 2
    """Nothing was changed."""
    NEEDS_PERSON = 3
    """What is left can't be put in order by this tool; the message says what holds, and what to do."""


class Status(StrEnum):
    """States of a service deployment.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
    """

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    STOP_REQUESTED = "STOP_REQUESTED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"

    @property
    def forward(self) -> bool:
        """The new revision is still on its way: what can be stopped."""
        return self in {Status.PENDING, Status.IN_PROGRESS}

    @property
    def under_way(self) -> bool:
        """ECS is not through with it, in whichever direction."""
        return self not in {Status.SUCCESSFUL, Status.STOPPED, Status.ROLLBACK_SUCCESSFUL, Status.ROLLBACK_FAILED}

    @property
    def failed(self) -> bool:
        """The new revision will not stay."""
        return not self.forward and self is not Status.SUCCESSFUL


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """One ECS service: a role of the image in a region of an environment."""

    region: str
    role: str
    environment: str

    @property
    def name(self) -> str:
        """Its name, as the module ecs_service gives it."""
        return f"bbws-orders-{self.role}-{self.environment}"

    def __str__(self) -> str:
        return f"{self.role} in {self.region}"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service deployment, as ECS describes it.

    Attributes:
        digest: of the image that it brings; ``None`` where ECS names none.
        before: of the image that it replaces, and goes back to.
        weight: percent of the requests that the new revision is sent.
        in_steps: requests move in steps. A release does that where requests are served; going back never does.
        alarms: names of the alarms that ended it.
    """

    arn: str
    service: Service
    status: Status
    created_at: datetime
    digest: str | None
    before: str | None
    weight: float = 0.0
    stage: str | None = None
    in_steps: bool = False
    reason: str = ""
    alarms: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What has become of it, for people."""
        alarms = f" ({', '.join(self.alarms)})" if self.alarms else ""
        return f"{self.service}: {self.status}{f', {self.reason}' if self.reason else ''}{alarms}"


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service, and its newest deployment of the last days.

    Attributes:
        digest: of the image that its task definition names.
        alarm_names: alarms that end its deployments.
    """

    service: Service
    digest: str | None
    task_definition: str
    running: int
    desired: int
    newest: Deployment | None = None
    alarm_names: tuple[str, ...] = ()

    @property
    def serving(self) -> str | None:
        """Digest of the revision that stays if nothing more is done: that of before, until a deployment is through."""
        if self.newest is not None and self.newest.status is not Status.SUCCESSFUL:
            return self.newest.before
        return self.digest


@dataclass(frozen=True, slots=True)
class Seen:
    """All services of an environment at one moment; the API of the region that requests go to comes first."""

    states: tuple[ServiceState, ...]

    @property
    def api(self) -> ServiceState:
        """The API of the environment's own region."""
        return self.states[0]

    def deployments(self) -> Iterator[Deployment]:
        """Newest deployments, APIs' first: they are what people feel."""
        ordered = sorted(self.states, key=lambda state: state.service.role != API)
        return (state.newest for state in ordered if state.newest is not None)

    def under_way(self) -> list[Deployment]:
        """Deployments that ECS is not through with."""
        return [each for each in self.deployments() if each.status.under_way]

    def all_serve(self, digest: str) -> bool:
        """Every service is on this digest, and nothing is under way."""
        return not self.under_way() and all(state.serving == digest for state in self.states)

    def elsewhere(self, digest: str) -> list[str]:
        """Services that are on another digest, for people."""
        return [f"{state.service} on {state.serving}" for state in self.states if state.serving != digest]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at before a release.

    Attributes:
        ok: ``None`` where something is worth knowing and stops nothing.
    """

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a plan would do, and why it is no release's if it isn't.

    Attributes:
        changes: actions by address, such as ``update``.
        faults: what a release must not do.
    """

    changes: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Terraform has nothing to do."""
        return not self.changes and not self.faults


def failed_of(seen: Seen, digest: str, since: datetime) -> Sequence[Deployment]:
    """Returns newest deployments of a digest that failed, of those begun since."""
    return [
        each for each in seen.deployments() if each.digest == digest and each.status.failed and each.created_at >= since
    ]
