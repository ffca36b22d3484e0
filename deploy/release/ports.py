"""What a release needs of the world: AWS, Terraform, the smoke test, time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from deploy.release.model import Check, Deployment, Seen, Service


class CloudFailed(Exception):
    """AWS didn't answer, or refused; the message says which call."""


class TerraformFailed(Exception):
    """A command of Terraform's failed; the message has its last lines."""


class StateLocked(TerraformFailed):
    """Somebody else has the state's lock, or had it when they died."""


class Deployments(Protocol):
    """ECS: services and their deployments."""

    def observe(self) -> Seen:
        """Returns all services, with their newest deployments. Raises: CloudFailed, Refused: one does not exist."""
        ...

    def history(self, service: Service) -> Sequence[Deployment]:
        """Returns what ECS still knows of a service's deployments, the newest first. Raises: CloudFailed."""
        ...

    def stop(self, deployment: Deployment) -> None:
        """Has a deployment rolled back; nothing happens to one that is so already, or is through.

        Raises: CloudFailed.
        """
        ...

    def snapshot(self, seen: Seen) -> dict[str, Any]:
        """Returns the task definitions that run, by service. Raises: CloudFailed."""
        ...


class Alarms(Protocol):
    """CloudWatch."""

    def standing(self, names: Mapping[str, Sequence[str]]) -> list[str]:
        """Returns which of these alarms, by region, are in the state ALARM. Raises: CloudFailed."""
        ...


class Preparations(Protocol):
    """Everything else of AWS that is looked at before a release."""

    def checks(self, digest: str) -> list[Check]:
        """Looks at the account and what the service works with. Raises: CloudFailed."""
        ...

    def images(self, digest: str) -> list[Check]:
        """Looks for the image in each region's registry. Raises: CloudFailed."""
        ...


class Backups(Protocol):
    """AWS Backup."""

    def start(self) -> str:
        """Starts a backup of the orders table; returns the job's id. Raises: CloudFailed."""
        ...

    def state(self, job: str) -> str:
        """Returns a job's state, such as RUNNING or COMPLETED. Raises: CloudFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A saved plan: its file, and ``terraform show -json`` of it."""

    path: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApplyEnded:
    """How an apply ended.

    Attributes:
        stale: the state has changed since the plan was made: plan again.
        locked: somebody else holds the state.
        says: its last lines.
    """

    ok: bool
    stale: bool = False
    locked: bool = False
    says: str = ""


class Applying(Protocol):
    """An apply that was started: it waits for the deployments it begins."""

    def ended(self) -> ApplyEnded | None:
        """Returns how it ended; ``None`` while it runs."""
        ...

    def interrupt(self) -> None:
        """Asks it to end: it lets go of the state, and has what it has begun rolled back."""
        ...


class Terraform(Protocol):
    """The environment's root."""

    def plan(self, digest: str, *, at_once: bool) -> Plan:
        """Plans the environment with this image; ``at_once`` moves all requests in one step.

        Raises: StateLocked, TerraformFailed.
        """
        ...

    def apply(self, plan: Plan) -> Applying:
        """Starts applying a plan. Raises: TerraformFailed."""
        ...


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """How the smoke test ended; ``report`` is what it printed."""

    passed: bool
    detail: str
    report: str = ""


class Smoke(Protocol):
    """The smoke test of the environment."""

    def run(self) -> SmokeResult:
        """Runs it to its end."""
        ...


class Clock(Protocol):
    """Time, and waiting for it to pass."""

    def now(self) -> datetime:
        """Returns the time, with its zone."""
        ...

    def wait(self, seconds: float) -> None:
        """Returns when so much time has passed."""
        ...
