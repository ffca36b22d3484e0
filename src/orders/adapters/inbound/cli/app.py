"""The ``orders`` command."""

import errno
import inspect
import os
import sys
from functools import partial
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from orders.adapters.inbound.cli.commands import (
    completion,
    describe,
    erasure,
    keys,
    load,
    local,
    quote,
    serve,
    smoke,
    suppressions,
    templates,
    tenants,
    top,
    unreadable,
)
from orders.adapters.inbound.cli.commands import dlq as dead_letters
from orders.adapters.inbound.cli.commands import events as replay
from orders.adapters.inbound.cli.commands.dr import writer
from orders.adapters.inbound.cli.runtime import CommandError, Runtime
from orders.domain.errors import InvalidIdentifier

EXIT_REFUSED = 2
"""The command could not be carried out: a wrong setting, argument or surrounding. The message says what is right."""

EXIT_FAILED = 1
EXIT_UNREAD = 141
"""Nobody reads the output any more, as after ``| head``: what shells report of other tools that are ended by it."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of writing output; files of their own are dealt with where they are written."""


class _Root(TyperGroup):
    """The command with all that is below it, whose messages are for people."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override] # typer's own context is its base
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            # Typer has values checked by pydantic, which says so.
            error.message = error.message.removeprefix("Value error, ")
            raise


def build(runtime: Runtime, version: str) -> typer.Typer:
    """Builds the command with all its groups."""
    app = typer.Typer(
        name="orders",
        cls=_Root,
        help="The order service of the BBWS customer portal: one image, every role.",
        epilog=(
            "Exit codes: 0 done, 1 failed while running, 2 could not be carried out (the message says why), "
            "130 broken off by Ctrl-C, 141 the output's reader has ended, as in `orders dlq list | head`."
        ),
        no_args_is_help=True,
        context_settings={"obj": runtime},
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def main(
        _version: Annotated[
            bool,
            typer.Option("--version", help="Print the version and exit.", callback=_printer(version), is_eager=True),
        ] = False,
    ) -> None:
        pass

    local.register(app, runtime)
    serve.register(app, runtime)
    top.register(app, runtime)
    dead_letters.register(app, runtime)
    replay.register(app, runtime)
    templates.register(app, runtime)
    suppressions.register(app, runtime)
    tenants.register(app, runtime)
    unreadable.register(app, runtime)
    writer.register(app, runtime)
    erasure.register(app, runtime)
    smoke.register(app, runtime)
    load.register(app, runtime)
    quote.register(app, runtime)
    describe.register(app, runtime)
    keys.register(app, runtime)
    completion.register(app)
    return app


def run_with(runtime: Runtime, version: str) -> None:
    """Runs the given command line and ends the process with its exit code."""
    try:
        _run(runtime, version)
    except BrokenPipeError:
        _end_without_output(EXIT_UNREAD)
    except SystemExit as ended:
        # Typer and rich both end with 1 there.
        if isinstance(ended.__context__, BrokenPipeError):
            _end_without_output(EXIT_UNREAD)
        raise


def _run(runtime: Runtime, version: str) -> None:
    completion.prepare()
    try:
        readable(build(runtime, version))()
    except (CommandError, InvalidIdentifier) as error:
        _refuse(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a traceback tells who typed the command nothing
        # Imported here to keep the start of the command line fast.
        from orders.adapters.privacy.exceptions import safe_error_text

        if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
            _say(f"the output could not be written: {error.strerror}")
            _end_without_output(EXIT_FAILED)
        _refuse(f"this failed by a fault of the command itself: {safe_error_text(error)}")


def readable(app: typer.Typer) -> Any:
    """Returns the application's command with help that is made for a terminal of any width."""
    command = typer.main.get_command(app)
    _without_types_of_flags(command)
    _with_plain_arguments(command)
    _as_wide_as_the_terminal(command)
    return command


def _without_types_of_flags(command: Any) -> None:
    """Removes the type from the help of options that take no value."""
    for option in (*command.params, command.get_help_option(typer.Context(command))):
        if option is not None and getattr(option, "is_flag", False):
            option.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        _without_types_of_flags(inner)


def _with_plain_arguments(command: Any) -> None:
    """Writes arguments that must be given without brackets in usage lines, and any whose name says enough without type.

    Typer has the ones in braces, and the others as `<str>`.
    """
    for argument in command.params:
        if argument.param_type_name != "argument":
            continue
        if argument.required:
            argument.get_usage_pieces = partial(_bare, argument)
        if argument.metavar:
            argument.display_type_rich = _no_type
    for inner in getattr(command, "commands", {}).values():
        _with_plain_arguments(inner)


def _bare(argument: Any, _: typer.Context) -> list[str]:
    return [argument.display_name_raw]


def _no_type(*, ctx: typer.Context) -> None:
    """Tells no type of an argument."""
    del ctx


def _as_wide_as_the_terminal(command: Any) -> None:
    """Joins the lines of each paragraph of the help, which were broken for those who read the code."""
    if command.help:
        paragraphs = inspect.cleandoc(command.help).split("\n\n")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for inner in getattr(command, "commands", {}).values():
        _as_wide_as_the_terminal(inner)


def _refuse(why: str) -> NoReturn:
    _say(why)
    sys.exit(EXIT_REFUSED)


def _say(why: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"orders: {why}", markup=False)


def _end_without_output(code: int) -> NoReturn:
    """Ends the process; what is still to be written goes nowhere, for writing it would fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    sys.exit(code)


def _printer(version: str):  # type: ignore[no-untyped-def] # typer reads the callback's own signature
    def show(asked: bool) -> None:
        if asked:
            typer.echo(f"orders {version}")
            raise typer.Exit

    return show
