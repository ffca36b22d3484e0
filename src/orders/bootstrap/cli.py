"""The runtime of the ``orders`` command: each method builds only what its command needs."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orders import __version__
from orders.acceptance.client import ApiResponse, NotReached
from orders.acceptance.load.figures import PhaseResult
from orders.acceptance.load.profile import Profile
from orders.acceptance.steps import StepResult
from orders.adapters.inbound.cli.app import run_with
from orders.adapters.inbound.cli.runtime import (
    AuditedCommand,
    CommandError,
    CopiesAsked,
    DevAsked,
    RehearsalAsked,
    Result,
)
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
from orders.bootstrap.command_running import (
    command_settings,
    command_target,
    operate,
    operate_here,
    process_settings,
    run_once,
    run_process,
)
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, SettingsError
from orders.bootstrap.errors import CannotRun
from orders.ports.erasure_ledger import ErasureLedger

if TYPE_CHECKING:
    import asyncio

Tool = TypeVar("Tool")


class ProcessRuntime:
    """``Runtime`` over this package."""

    def __init__(self) -> None:
        self._data_dir: Path | None = None

    def use_data_dir(self, data_dir: Path) -> None:
        """See ``Runtime.use_data_dir``."""
        self._data_dir = data_dir

    def aws_target(self) -> str:
        """See ``Runtime.aws_target``."""
        return command_target(self._settings(Role.OPERATOR)).words

    def orders_table(self) -> str:
        """See ``Runtime.orders_table``."""
        from orders.bootstrap.resources.names import names_of
        from orders.bootstrap.resources.topology_file import packaged_topology

        return names_of(self._settings(Role.OPERATOR), packaged_topology()).table()

    def service_url(self) -> str:
        """See ``Runtime.service_url``."""
        from orders.bootstrap.dev.local_processes import running_service

        data_dir = self._settings(Role.OPERATOR).orders_data_dir
        service = running_service(data_dir)
        if service is None:
            raise CommandError(
                f"no `orders dev` runs on {data_dir}: start one with `make run`, name the data directory of a running "
                "one with --data-dir or ORDERS_DATA_DIR, or give the API's address with --base-url"
            )
        return service.url

    def dev(self, asked: DevAsked) -> None:
        """See ``Runtime.dev``."""
        from orders.bootstrap.dev.command import dev

        dev(asked)

    def is_first_start(self, data_dir: Path | None) -> bool:
        """See ``Runtime.is_first_start``."""
        from orders.bootstrap.dev.emulator_process import EmulatorFiles

        return not EmulatorFiles(command_settings(Role.LOCAL, data_dir).orders_data_dir).state.exists()

    def stop_dev(self, *, data_dir: Path | None) -> Sequence[str]:
        """See ``Runtime.stop_dev``."""
        from orders.bootstrap.dev.stop import stop_all

        directory = command_settings(Role.LOCAL, data_dir).orders_data_dir
        try:
            return stop_all(directory) or [f"nothing was running on {directory}"]
        except CannotRun as error:
            raise CommandError(str(error)) from error

    def api(self) -> None:
        """See ``Runtime.api``."""
        settings = process_settings(self._settings(Role.API))
        from orders.bootstrap.server.api import run_api

        run_process(settings, lambda stop: run_api(settings, stop))

    def worker(self, name: str) -> None:
        """See ``Runtime.worker``."""
        settings = process_settings(self._settings(Role(name)))
        from orders.bootstrap.server.worker import run_worker

        run_process(settings, lambda stop: run_worker(settings, name, stop))

    def worker_names(self) -> tuple[str, ...]:
        """See ``Runtime.worker_names``."""
        # The table of workers takes a second to load, and most commands don't need it.
        from orders.bootstrap.resources.topology_file import packaged_topology

        return packaged_topology().workers

    def queue_names(self) -> tuple[str, ...]:
        """See ``Runtime.queue_names``."""
        from orders.bootstrap.resources.topology_file import packaged_topology

        return packaged_topology().dead_letter_queues

    def template_names(self) -> tuple[str, ...]:
        """See ``Runtime.template_names``."""
        from orders.adapters.outbound.rendering.previews import PARTS

        return tuple(PARTS)

    def relay(self) -> None:
        """See ``Runtime.relay``."""
        settings = process_settings(self._settings(Role.RELAY))
        from orders.bootstrap.server.worker import run_relay

        run_process(settings, lambda stop: run_relay(settings, stop))

    def health_port(self) -> int:
        """See ``Runtime.health_port``."""
        settings = self._settings(Role.OPERATOR)
        return settings.health_port or settings.api_port

    def create_resources(self, *, demo_shops: bool) -> list[str]:
        """See ``Runtime.create_resources``."""
        settings = process_settings(self._settings(Role.LOCAL))
        if settings.aws_endpoint_url is None:
            raise CommandError(
                "AWS_ENDPOINT_URL is not set: this command is for emulators; Terraform creates resources on AWS"
            )
        lines: list[str] = []

        async def create(_: "asyncio.Event") -> None:
            from orders.bootstrap.aws import open_clients
            from orders.bootstrap.dev.demo import put_demo_profiles
            from orders.bootstrap.dev.service import resource_clients
            from orders.bootstrap.resources.creation import create_resources
            from orders.bootstrap.resources.names import names_of
            from orders.bootstrap.resources.topology import TEMPLATES
            from orders.bootstrap.resources.topology_file import packaged_topology

            topology = packaged_topology()
            names = names_of(settings, topology)
            async with open_clients(settings) as clients:
                changes = await create_resources(
                    topology,
                    resource_clients(clients),
                    environment=settings.environment,
                    sender_identities=[settings.mail_from],
                    names=names,
                )
                if demo_shops:
                    await put_demo_profiles(clients.s3, names.bucket(TEMPLATES))
            lines.extend(f"created  {line}" for line in changes.created)
            lines.extend(f"updated  {line}" for line in changes.updated)
            lines.extend(f"differs  {line}" for line in changes.differences)

        run_once(settings, create)
        return lines

    def openapi(self) -> str:
        """See ``Runtime.openapi``."""
        from orders.adapters.inbound.http.openapi.document import document_text

        return document_text()

    def token(self, *, tenant: str, customer: str, roles: list[str], email: str | None, hours: float) -> str:
        """See ``Runtime.token``."""
        settings = self._settings(Role.OPERATOR)
        if settings.environment in {"sit", "prod"}:
            raise CommandError(f"the development issuer is not available when ENVIRONMENT is {settings.environment}")
        from orders.bootstrap.config.keys import dev_issuer_in_use

        try:
            issuer = dev_issuer_in_use(settings)
        except SettingsError as error:
            raise CommandError(str(error)) from error
        return issuer.token(
            tenant_id=tenant,
            customer_id=customer,
            roles=roles,
            email=email,
            now=datetime.now(UTC),
            valid_for=timedelta(hours=hours),
        )

    def now(self) -> datetime:
        """See ``Runtime.now``."""
        return datetime.now(UTC)

    def with_dead_letters(
        self, doing: AuditedCommand, work: "Callable[[DeadLetterService], Awaitable[Result]]"
    ) -> Result:
        """See ``Runtime.with_dead_letters``."""
        from orders.bootstrap.operator.tools import open_dead_letters

        return operate(self._settings(Role.OPERATOR), doing, open_dead_letters, work)

    def with_replay(
        self, doing: AuditedCommand, work: "Callable[[ReplayEvents], Awaitable[Result]]", *, mails: bool
    ) -> Result:
        """See ``Runtime.with_replay``."""
        from orders.bootstrap.operator.tools import open_replay

        return operate(self._settings(Role.OPERATOR), doing, partial(open_replay, mails=mails), work)

    def with_shops_replay(
        self, doing: AuditedCommand, work: "Callable[[ReplayShops], Awaitable[Result]]", *, mails: bool
    ) -> Result:
        """See ``Runtime.with_shops_replay``."""
        from orders.bootstrap.operator.tools import open_shops_replay

        return operate(self._settings(Role.OPERATOR), doing, partial(open_shops_replay, mails=mails), work)

    def with_templates(self, doing: AuditedCommand, work: "Callable[[PreviewTemplates], Awaitable[Result]]") -> Result:
        """See ``Runtime.with_templates``."""
        from orders.bootstrap.operator.templates import open_templates_desk

        return operate(self._settings(Role.OPERATOR), doing, open_templates_desk, work)

    def with_packaged_templates(self, work: "Callable[[PreviewTemplates], Awaitable[Result]]") -> Result:
        """See ``Runtime.with_packaged_templates``."""
        from orders.bootstrap.operator.templates import open_packaged_templates

        return operate_here(self._settings(Role.OPERATOR), open_packaged_templates, work)

    def with_suppressions(
        self, doing: AuditedCommand, work: "Callable[[SuppressionList], Awaitable[Result]]"
    ) -> Result:
        """See ``Runtime.with_suppressions``."""
        from orders.bootstrap.operator.tools import open_suppressions

        return operate(self._settings(Role.OPERATOR), doing, open_suppressions, work)

    def with_tenants(self, doing: AuditedCommand, work: "Callable[[CheckTenants], Awaitable[Result]]") -> Result:
        """See ``Runtime.with_tenants``."""
        from orders.bootstrap.operator.tools import open_tenants

        return operate(self._settings(Role.OPERATOR), doing, open_tenants, work)

    def with_unreadable(self, doing: AuditedCommand, work: "Callable[[FindUnreadable], Awaitable[Result]]") -> Result:
        """See ``Runtime.with_unreadable``."""
        from orders.bootstrap.operator.tools import open_unreadable

        return operate(self._settings(Role.OPERATOR), doing, open_unreadable, work)

    def with_erasure_ledger(
        self, doing: AuditedCommand, work: "Callable[[ErasureLedger], Awaitable[Result]]"
    ) -> Result:
        """See ``Runtime.with_erasure_ledger``."""
        from orders.bootstrap.operator.erasures import open_erasure_ledger

        return operate(self._settings(Role.OPERATOR), doing, open_erasure_ledger, work)

    def with_erasures(self, doing: AuditedCommand, work: "Callable[[ReapplyErasures], Awaitable[Result]]") -> Result:
        """See ``Runtime.with_erasures``."""
        from orders.bootstrap.operator.erasures import open_erasures

        return operate(self._settings(Role.OPERATOR), doing, open_erasures, work)

    def with_overview(
        self, doing: AuditedCommand, work: "Callable[[ReadOverview], Awaitable[Result]]", *, namespace: str | None
    ) -> Result:
        """See ``Runtime.with_overview``."""
        from orders.bootstrap.operator.overview import open_overview

        return operate(self._settings(Role.OPERATOR), doing, partial(open_overview, namespace=namespace), work)

    def with_cursor_rotation(
        self, doing: AuditedCommand, work: "Callable[[RotateCursorKey], Awaitable[Result]]", *, secret: str | None
    ) -> Result:
        """See ``Runtime.with_cursor_rotation``."""
        from orders.bootstrap.operator.keys import open_cursor_rotation

        return operate(self._settings(Role.OPERATOR), doing, partial(open_cursor_rotation, secret=secret), work)

    def with_regions(
        self, doing: AuditedCommand, work: "Callable[[RegionDesk], Awaitable[Result]]", *, tell: Callable[[str], None]
    ) -> Result:
        """See ``Runtime.with_regions``."""
        from orders.bootstrap.operator.regions import open_regions

        return operate(self._settings(Role.OPERATOR), doing, partial(open_regions, tell=tell), work)

    def with_copies(
        self, doing: AuditedCommand, work: "Callable[[VerifyCopies], Awaitable[Result]]", asked: CopiesAsked
    ) -> Result:
        """See ``Runtime.with_copies``."""
        from orders.bootstrap.operator.regions import open_copies

        return operate(self._settings(Role.OPERATOR), doing, partial(open_copies, asked=asked), work)

    def with_reconcile(
        self,
        doing: AuditedCommand,
        work: "Callable[[ReconcileDesk], Awaitable[Result]]",
        *,
        tell: Callable[[str], None],
    ) -> Result:
        """See ``Runtime.with_reconcile``."""
        from orders.bootstrap.operator.reconcile import open_reconcile

        return operate(self._settings(Role.OPERATOR), doing, partial(open_reconcile, tell=tell), work)

    def with_rehearsal(
        self,
        doing: AuditedCommand,
        work: "Callable[[Rehearse], Awaitable[Result]]",
        asked: RehearsalAsked,
        *,
        tell: Callable[[str], None],
    ) -> Result:
        """See ``Runtime.with_rehearsal``."""
        from orders.bootstrap.operator.rehearsal import open_rehearsal

        return operate(self._settings(Role.OPERATOR), doing, partial(open_rehearsal, asked=asked, tell=tell), work)

    def quote(self, *, base_url: str, environment: str, role: str, body: str) -> ApiResponse:
        """See ``Runtime.quote``."""
        from orders.bootstrap.acceptance import ask_for_quote

        settings = self._settings(Role.OPERATOR)
        try:
            return ask_for_quote(settings, base_url, environment, role, body)
        except (CannotRun, NotReached) as error:
            raise CommandError(str(error)) from error

    def smoke(self, *, base_url: str, environment: str, within_seconds: float, read_only: bool) -> Iterator[StepResult]:
        """See ``Runtime.smoke``."""
        from orders.acceptance.steps import Patience, run_steps
        from orders.bootstrap.acceptance import client_of, read_only_smoke_of, smoke_of

        settings = self._settings(Role.OPERATOR)
        try:
            client = client_of(settings, base_url)
            if read_only:
                return run_steps(read_only_smoke_of(settings, client, environment).steps)
            smoke = smoke_of(settings, client, environment, Patience(within_seconds))
        except CannotRun as error:
            raise CommandError(str(error)) from error
        return run_steps(smoke.steps)

    def load(
        self, *, base_url: str, environment: str, profile: Profile, tell: Callable[[str], None]
    ) -> Iterator[PhaseResult]:
        """See ``Runtime.load``."""
        from orders.bootstrap.acceptance import run_load

        settings = self._settings(Role.OPERATOR)
        try:
            yield from run_load(settings, base_url, environment, profile, tell)
        except CannotRun as error:
            raise CommandError(str(error)) from error

    def _settings(self, role: Role) -> Settings:
        return command_settings(role, self._data_dir)


def run() -> None:
    """Runs the command line; the console entry point."""
    run_with(ProcessRuntime(), __version__)
