"""What the commands need done; bootstrap does it."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from orders.acceptance.steps import StepResult
from orders.application.events.replay_events import ReplayEvents
from orders.application.mail.preview_templates import PreviewTemplates
from orders.application.mail.suppression_list import SuppressionList
from orders.application.operations.check_tenants import CheckTenants
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.operations.find_unreadable import FindUnreadable

Result = TypeVar("Result")


class CommandError(Exception):
    """A command can't be carried out; the message says why and what to do, for people."""


@dataclass(frozen=True, slots=True)
class AuditedCommand:
    """What an operator does, as it goes on record ([SEC-5]).

    Attributes:
        command: such as ``dlq redrive``, with those options that make another thing of it.
        order_id, tenant_id: whose data it is about, where the operator has said so.
    """

    command: str
    order_id: str | None = None
    tenant_id: str | None = None


class Runtime(Protocol):
    """Runs the service's processes and tools. Every method raises ``CommandError``."""

    def use_data_dir(self, data_dir: Path) -> None:
        """Have all that follows be about this data directory."""
        ...

    def aws_target(self) -> str:
        """What operators' commands speak to: whose emulator it is, and where, or which AWS."""
        ...

    def service_url(self) -> str:
        """Where the API of the `orders dev` that runs on the data directory is."""
        ...

    def dev(self, *, port: int | None, data_dir: Path | None) -> None:
        """Run everything on this machine until it is stopped."""
        ...

    def stop_dev(self, *, data_dir: Path | None) -> Sequence[str]:
        """Stop what runs on a data directory, so that its state is kept, and what a crash left; says what that was."""
        ...

    def api(self) -> None:
        """Serve HTTP until it is stopped."""
        ...

    def worker(self, name: str) -> None:
        """Work on one queue until it is stopped."""
        ...

    def worker_names(self) -> tuple[str, ...]:
        """The workers there are."""
        ...

    def relay(self) -> None:
        """Publish what waits in the outbox until it is stopped."""
        ...

    def health_port(self) -> int:
        """The port on which a process of this configuration says how it is."""
        ...

    def create_resources(self, *, demo_shops: bool) -> list[str]:
        """Create table, queues, bus and buckets on the emulator, and the demo shops' profiles if asked to.

        Returns what was created or differs.
        """
        ...

    def openapi(self) -> str:
        """The OpenAPI document of the HTTP API."""
        ...

    def token(self, *, tenant: str, customer: str, roles: list[str], email: str | None, hours: float) -> str:
        """A token of the development issuer."""
        ...

    def now(self) -> datetime:
        """What time it is."""
        ...

    def with_dead_letters(
        self, doing: AuditedCommand, work: Callable[[DeadLetterService], Awaitable[Result]]
    ) -> Result:
        """What comes of work among the dead letters of the environment that the settings name; it is audited."""
        ...

    def with_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayEvents], Awaitable[Result]], *, mails: bool
    ) -> Result:
        """What comes of work with a replay; with ``mails`` what it publishes may send mails. It is audited."""
        ...

    def with_templates(self, doing: AuditedCommand, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        """What comes of looking at templates; it is audited. Raises also: ApplicationError."""
        ...

    def with_suppressions(self, doing: AuditedCommand, work: Callable[[SuppressionList], Awaitable[Result]]) -> Result:
        """What comes of work on suppressed addresses, which goes on record."""
        ...

    def with_tenants(self, doing: AuditedCommand, work: Callable[[CheckTenants], Awaitable[Result]]) -> Result:
        """What comes of looking through the shops, which goes on record."""
        ...

    def with_unreadable(self, doing: AuditedCommand, work: Callable[[FindUnreadable], Awaitable[Result]]) -> Result:
        """What comes of looking for what can't be read, which goes on record."""
        ...

    def smoke(self, *, base_url: str, environment: str, within_seconds: float) -> Iterator[StepResult]:
        """Run the smoke test against a service, each step's result as it comes."""
        ...
