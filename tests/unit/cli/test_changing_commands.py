"""Commands that change something can be tried first, and what can't be undone asks."""

from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from orders import __version__
from orders.adapters.inbound.cli.app import build
from orders.bootstrap.cli import ProcessRuntime
from tests.unit.cli.test_no_tracebacks import PROCESSES, leaves

ONLY_LOOK = {
    "health", "smoke", "load", "quote", "top", "openapi", "completion", "token", "api-key", "dlq list", "dlq show",
    "templates list", "templates preview", "templates check", "suppressions list", "tenants check", "unreadable list",
    "dr status", "dr verify", "erasure list",
}  # fmt: skip
"""They change nothing that is kept; the smoke test and the load test place orders of a test shop."""
ON_THIS_MACHINE = {"dev", "bootstrap"}
"""They run on an emulator only."""
ASKING = {"dlq purge", "dr takeover", "dr failback", "dr confirm-alone", "dr reconcile", "dr drill"}
"""What they do nobody can undo, or it moves the writer."""
ALL = typer.main.get_command(build(ProcessRuntime(), __version__))
CHANGING = sorted(set(leaves(ALL)) - ONLY_LOOK - ON_THIS_MACHINE - PROCESSES)


def options(name: str) -> set[str]:
    command: Any = ALL
    for word in name.split():
        assert isinstance(command, TyperGroup)
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


def test_the_lists_name_commands_that_there_are() -> None:
    assert (ONLY_LOOK | ON_THIS_MACHINE | PROCESSES | ASKING) - set(leaves(ALL)) == set()
    assert set(CHANGING) >= {"dlq redrive", "dlq purge", "events replay", "suppressions remove", "keys rotate"}


@pytest.mark.parametrize("name", CHANGING)
def test_a_command_that_changes_something_can_be_tried_first(name: str) -> None:
    assert "--dry-run" in options(name)


@pytest.mark.parametrize("name", sorted(ASKING))
def test_a_command_with_great_effects_asks_unless_told_not_to(name: str) -> None:
    """What it asks, and that nothing is done without an answer, is tested with each."""
    assert "--yes" in options(name)
