"""The interface between commands and bootstrap, which implements it."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from orders.acceptance.client import ApiResponse
from orders.acceptance.load.figures import PhaseResult
from orders.acceptance.load.profile import Profile
from orders.acceptance.steps import StepResult
from orders.application.events.replay_events import ReplayEvents
from orders.application.events.replay_shops import ReplayShops
from orders.application.mail.preview_templates import PreviewTemplates
from orders.application.mail.suppression_list import SuppressionList
from orders.application.operations.check_tenants import CheckTenants
from orders.application.operations.dead_letters import DeadLetterService
from orders.application.operations.find_unreadable import FindUnreadable
from orders.application.operations.read_overview import ReadOverview
from orders.application.operations.reapply_erasures import ReapplyErasures
from orders.application.operations.rotate_cursor_key import RotateCursorKey
from orders.application.regions.desk import ReconcileDesk, RegionDesk
from orders.application.regions.rehearse import Rehearse
from orders.application.regions.verify_copies import VerifyCopies
from orders.ports.erasure_ledger import ErasureLedger

Result = TypeVar("Result")


class CommandError(Exception):
    """A command can't be carried out; the message tells people why and what to do."""


@dataclass(frozen=True, slots=True)
class AuditedCommand:
    """An operator's command for the audit trail ([SEC-5]).

    Attributes:
        command: such as ``dlq redrive``, with options that change its meaning.
        order_id, tenant_id: the order concerned, if the operator named it.
    """

    command: str
    order_id: str | None = None
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class DevAsked:
    """The options of running everything on this machine.

    Attributes:
        port, data_dir: instead of those of the settings.
        orders: whether a line is shown for each order; ``None``: on a terminal.
        seed: whether sample orders are made, in the service that is started or runs already.
    """

    port: int | None = None
    data_dir: Path | None = None
    orders: bool | None = None
    seed: bool = False


@dataclass(frozen=True, slots=True)
class CopiesAsked:
    """Which two copies of the orders are compared.

    Attributes:
        table: one of this region, instead of the configured one.
        other_table: another one of this region; ``None`` for the other region's.
        other_bucket: the other region's bucket of PDFs, instead of the derived one.
    """

    table: str | None = None
    other_table: str | None = None
    other_bucket: str | None = None


@dataclass(frozen=True, slots=True)
class RehearsalAsked:
    """With what a takeover is rehearsed.

    Attributes:
        base_url: the service's address, to ask it from outside; ``None`` goes by the lease alone.
        evidence: the file; ``None`` takes that of a rehearsal in this directory that has not ended, or a new one.
    """

    base_url: str | None = None
    evidence: Path | None = None


class Runtime(Protocol):
    """Runs the service's processes and tools. Every method raises ``CommandError``."""

    def use_data_dir(self, data_dir: Path) -> None:
        """Selects the data directory for all later calls."""
        ...

    def aws_target(self) -> str:
        """Returns a description of the AWS that operators' commands use: which emulator at which address, or AWS
        itself.
        """
        ...

    def orders_table(self) -> str:
        """Returns the name of the table of orders that commands use."""
        ...

    def service_url(self) -> str:
        """Returns the API's address of the `orders dev` running on the data directory."""
        ...

    def dev(self, asked: DevAsked) -> None:
        """Runs everything on this machine until it is stopped."""
        ...

    def is_first_start(self, data_dir: Path | None) -> bool:
        """Returns whether nothing has run on the data directory yet."""
        ...

    def stop_dev(self, *, data_dir: Path | None) -> Sequence[str]:
        """Stops the processes of a data directory, so that its state is saved, and those a crash left; returns a
        report.
        """
        ...

    def api(self) -> None:
        """Serves HTTP until it is stopped."""
        ...

    def worker(self, name: str) -> None:
        """Processes one queue until it is stopped."""
        ...

    def worker_names(self) -> tuple[str, ...]:
        """Returns the names of all workers."""
        ...

    def queue_names(self) -> tuple[str, ...]:
        """Returns the names of all dead-letter queues: the workers' own, and the rules' as ``rule:NAME``."""
        ...

    def template_names(self) -> tuple[str, ...]:
        """Returns the names of all packaged templates."""
        ...

    def relay(self) -> None:
        """Publishes the outbox's events until it is stopped."""
        ...

    def health_port(self) -> int:
        """Returns the port on which a process of this configuration serves its health."""
        ...

    def create_resources(self, *, demo_shops: bool) -> list[str]:
        """Creates table, queues, bus and buckets on the emulator, and optionally the demo shops' profiles.

        Returns the created and the differing resources.
        """
        ...

    def openapi(self) -> str:
        """Returns the OpenAPI document of the HTTP API."""
        ...

    def token(self, *, tenant: str, customer: str, roles: list[str], email: str | None, hours: float) -> str:
        """Issues a token of the development issuer."""
        ...

    def now(self) -> datetime:
        """Returns the current time."""
        ...

    def with_dead_letters(
        self, doing: AuditedCommand, work: Callable[[DeadLetterService], Awaitable[Result]]
    ) -> Result:
        """Runs audited work on the dead letters of the settings' environment and returns its result."""
        ...

    def with_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayEvents], Awaitable[Result]], *, mails: bool
    ) -> Result:
        """Runs an audited replay and returns its result; with ``mails``, replayed events may send mails."""
        ...

    def with_shops_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayShops], Awaitable[Result]], *, mails: bool
    ) -> Result:
        """Runs an audited replay of all shops' events and returns its result; ``mails`` as for ``with_replay``."""
        ...

    def with_templates(self, doing: AuditedCommand, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        """Runs audited work on templates and returns its result. Raises also: ApplicationError."""
        ...

    def with_packaged_templates(self, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        """Runs work on the packaged templates and samples and returns its result. Needs no AWS; raises as above."""
        ...

    def with_suppressions(self, doing: AuditedCommand, work: Callable[[SuppressionList], Awaitable[Result]]) -> Result:
        """Runs audited work on suppressed addresses and returns its result."""
        ...

    def with_tenants(self, doing: AuditedCommand, work: Callable[[CheckTenants], Awaitable[Result]]) -> Result:
        """Runs audited work on the shops and returns its result."""
        ...

    def with_unreadable(self, doing: AuditedCommand, work: Callable[[FindUnreadable], Awaitable[Result]]) -> Result:
        """Runs an audited scan for unreadable items and returns its result."""
        ...

    def with_erasure_ledger(self, doing: AuditedCommand, work: Callable[[ErasureLedger], Awaitable[Result]]) -> Result:
        """Runs audited work on the ledger of erasures and returns its result."""
        ...

    def with_erasures(self, doing: AuditedCommand, work: Callable[[ReapplyErasures], Awaitable[Result]]) -> Result:
        """Runs an audited replay of the ledger of erasures and returns its result."""
        ...

    def with_overview(
        self, doing: AuditedCommand, work: Callable[[ReadOverview], Awaitable[Result]], *, namespace: str | None
    ) -> Result:
        """Runs audited work on the overview of the settings' environment and returns its result.

        ``namespace`` is that of its metrics on CloudWatch, by default what Terraform uses.
        """
        ...

    def with_cursor_rotation(
        self, doing: AuditedCommand, work: Callable[[RotateCursorKey], Awaitable[Result]], *, secret: str | None
    ) -> Result:
        """Runs the audited rotation of the key that signs cursors; the secret is that of the settings by default."""
        ...

    def with_regions(
        self, doing: AuditedCommand, work: Callable[[RegionDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        """Does work with both regions and returns its result; ``tell`` is given what is being done, in words."""
        ...

    def with_copies(
        self, doing: AuditedCommand, work: Callable[[VerifyCopies], Awaitable[Result]], asked: CopiesAsked
    ) -> Result:
        """Does work with two copies of the orders and returns its result."""
        ...

    def with_reconcile(
        self, doing: AuditedCommand, work: Callable[[ReconcileDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        """Does work with what both regions have stored and returns its result; ``tell`` as for ``with_regions``."""
        ...

    def with_rehearsal(
        self,
        doing: AuditedCommand,
        work: Callable[[Rehearse], Awaitable[Result]],
        asked: RehearsalAsked,
        *,
        tell: Callable[[str], None],
    ) -> Result:
        """Does work with the rehearsal of a takeover and returns its result; ``tell`` as for ``with_regions``."""
        ...

    def quote(self, *, base_url: str, environment: str, role: str, body: str) -> ApiResponse:
        """Returns a service's response to a request for a quote, made with the token of this role."""
        ...

    def smoke(self, *, base_url: str, environment: str, within_seconds: float, read_only: bool) -> Iterator[StepResult]:
        """Runs the smoke test against a service and yields each step's result; ``read_only`` changes nothing."""
        ...

    def load(
        self, *, base_url: str, environment: str, profile: Profile, tell: Callable[[str], None]
    ) -> Iterator[PhaseResult]:
        """Runs a load test against a service and yields each phase's result; ``tell`` is told what begins."""
        ...
