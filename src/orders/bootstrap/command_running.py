"""Runs commands and turns every error into one message with the reason, never a traceback."""

import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, SettingsError, load_settings
from orders.bootstrap.errors import CannotRun

if TYPE_CHECKING:
    import asyncio

    from orders.bootstrap.aws_target import AwsTarget

Tool = TypeVar("Tool")

INTERRUPTED = 128 + signal.SIGINT
"""Exit code after Ctrl-C, as shells have it."""

_log = logging.getLogger(__name__)


def command_settings(role: Role, data_dir: Path | None = None, **overrides: Any) -> Settings:
    """Returns the settings of a command that runs as this role. Raises: CommandError."""
    if data_dir is not None:
        overrides["orders_data_dir"] = data_dir
    try:
        settings = load_settings(role, **overrides)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    if settings.orders_data_dir == Path():
        raise CommandError("the data directory must not be the current directory; use another, such as .orders-dev")
    return settings


def command_target(settings: Settings) -> "AwsTarget":
    """Returns the AWS endpoint of a command. Raises: CommandError."""
    from orders.bootstrap.aws_target import aws_target

    try:
        return aws_target(settings)
    except CannotRun as error:
        raise CommandError(str(error)) from error


def process_settings(settings: Settings) -> Settings:
    """Returns the settings of a process: on a laptop with the address of the data directory's emulator.

    Raises: CommandError.
    """
    target = command_target(settings)
    if settings.aws_endpoint_url is None and target.own:
        say_target(target)
    return target.settings


def say_target(target: "AwsTarget") -> None:
    """Prints the endpoint to standard error, since standard output is for scripts."""
    sys.stderr.write(f"using {target.words}\n")


def run_process(
    settings: Settings,
    main: "Callable[[asyncio.Event], Any]",
    *,
    logs_already: bool = False,
    last_words: str | None = None,
) -> None:
    """Runs a process; with ``logs_already``, logging is configured otherwise than by its settings.

    ``last_words`` is printed when a second signal ends it at once.

    Raises: CommandError: an expected error. SystemExit: a bug, which is logged.
    """
    from orders.bootstrap.exception_hooks import install_exception_hooks
    from orders.bootstrap.logging import configure_logging
    from orders.bootstrap.server.signals import run_until_stopped

    try:
        if not logs_already:
            configure_logging(settings)
        install_exception_hooks()
        run_until_stopped(main, last_words=last_words)
    except CannotRun as error:
        raise CommandError(str(error)) from error
    except Exception as error:
        known = foreseen(error)
        if known is None:
            sys.excepthook(type(error), error, error.__traceback__)
            raise SystemExit(1) from None
        _log.critical("the process ends: %s", known)
        raise CommandError(known) from error


def run_once(settings: Settings, main: "Callable[[asyncio.Event], Any]") -> None:
    """Runs a task that ends by itself, with the errors of a process. Raises: CommandError."""
    from orders.bootstrap.logging import configure_logging
    from orders.bootstrap.server.signals import run_until_stopped

    with _failing_in_a_message():
        configure_logging(settings)
        run_until_stopped(main)


@contextmanager
def _failing_in_a_message() -> Iterator[None]:
    try:
        yield
    except (CommandError, typer.Exit, typer.Abort):
        raise
    except Exception as error:
        _log.debug("the command failed", exc_info=error)
        raise CommandError(foreseen(error) or fault_of_ours(error)) from error


def operate(
    settings: Settings,
    doing: AuditedCommand,
    opened: "Callable[[Settings], AbstractAsyncContextManager[Tool]]",
    work: "Callable[[Tool], Awaitable[Result]]",
) -> Result:
    """Runs an operator's audited work and returns its result; Ctrl-C interrupts it and releases what it held.

    Raises: CommandError.
    """
    from orders.bootstrap.operator.audit import on_record

    target = command_target(settings)
    settings = _at_a_terminal(target)
    say_target(target)

    async def main() -> Result:
        async with on_record(settings, doing), opened(settings) as tool:
            return await work(tool)

    return _run(settings, main)


def operate_here(
    settings: Settings,
    opened: "Callable[[Settings], AbstractAsyncContextManager[Tool]]",
    work: "Callable[[Tool], Awaitable[Result]]",
) -> Result:
    """Runs work on what is in this package only, for which no AWS is needed and nothing is audited.

    Raises: CommandError.
    """

    async def main() -> Result:
        async with opened(settings) as tool:
            return await work(tool)

    return _run(settings.model_copy(update={"log_format": "console"}), main)


def _run(settings: Settings, main: "Callable[[], Coroutine[Any, Any, Result]]") -> Result:
    import asyncio

    from orders.bootstrap.exception_hooks import install_exception_hooks
    from orders.bootstrap.logging import configure_logging

    try:
        with _failing_in_a_message():
            configure_logging(settings, stream=sys.stderr)
            install_exception_hooks()
            return asyncio.run(main())
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: completed work is kept; repeat the command for the rest\n")
        raise SystemExit(INTERRUPTED) from None


def foreseen(error: BaseException) -> str | None:
    """Returns the message of an expected error; ``None`` for a bug."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    from orders.adapters.privacy.exceptions import safe_error_text
    from orders.application.policy.errors import ApplicationError
    from orders.domain.errors import DomainError
    from orders.ports.errors import PortError

    if isinstance(error, BaseExceptionGroup):
        return foreseen(error.exceptions[0])
    if isinstance(error, CannotRun | PortError | ApplicationError | DomainError):
        return str(error)
    if isinstance(error, ClientError):
        return f"AWS refused the request: {safe_error_text(error)}"
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials found: they come from the task's role, AWS_PROFILE or AWS_ACCESS_KEY_ID"
    if isinstance(error, BotoCoreError):
        return f"the request to AWS failed: {safe_error_text(error)}"
    if isinstance(error, OSError):
        return f"{safe_error_text(error)}{'' if error.filename is None else f': {error.filename}'}"
    return None


def fault_of_ours(error: BaseException) -> str:
    """Returns the message of an unexpected error."""
    from orders.adapters.privacy.exceptions import safe_error_text

    return f"the command failed because of a bug ({safe_error_text(error)}); LOG_LEVEL=DEBUG shows the traceback"


def _at_a_terminal(target: "AwsTarget") -> Settings:
    """Returns settings for a laptop: audit records go where those of `orders dev` go, logs are formatted for
    people.
    """
    settings = target.settings
    if not target.own:
        return settings
    wanted: dict[str, Any] = {"audit_file": settings.orders_data_dir / "audit.log", "log_format": "console"}
    return settings.model_copy(
        update={name: value for name, value in wanted.items() if name not in settings.model_fields_set}
    )
