"""A shell completes the command line by asking the command that is typed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orders import __version__
from orders.adapters.inbound.cli.app import run_with
from orders.adapters.inbound.cli.completion import ASKED_BY, SCRIPTS, Shell
from orders.bootstrap.cli import ProcessRuntime

COMMAND = Path(sys.executable).with_name("orders")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("dlq", "re"), ["redrive"]),
        (("events", "replay", "--check"), ["--checkpoint"]),
        (("completion", ""), ["bash", "fish", "zsh"]),
        (("openapi", "--output", ""), []),
    ],
)
def test_bash_completes_a_command_that_is_on_no_path(typed: tuple[str, ...], offered: list[str]) -> None:
    """In bash itself, with the script as it is sourced."""
    words = " ".join(f"'{word}'" for word in (COMMAND, *typed))
    program = (
        f"source /dev/stdin; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
        f"_orders_completion '{COMMAND}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p orders"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        input=SCRIPTS[Shell.BASH], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    *found, bound = done.stdout.splitlines()
    assert (sorted(filter(None, found)), done.stderr) == (offered, "")
    assert bound == "complete -o default -F _orders_completion orders"


@pytest.mark.parametrize(
    ("asked", "typed", "offered"),
    [
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders dlq re", '"redrive":"Send dead letters back'),
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders openapi --output ", "_files"),
        ({ASKED_BY: "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "orders dlq re", "redrive\tSend dead"),
    ],
)
def test_zsh_and_fish_are_answered_in_their_forms(asked: dict[str, str], typed: str, offered: str) -> None:
    # A process of its own: the name by which a shell asks is that of the command that runs.
    environment = os.environ | asked | {"_TYPER_COMPLETE_ARGS": typed}
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert offered in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed here")
def test_fish_completes_a_command_that_is_on_no_path() -> None:
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source; complete -C '{COMMAND} dlq re'"],
        input=SCRIPTS[Shell.FISH], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == ["redrive"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed here")
@pytest.mark.parametrize(
    ("typed", "offered"), [("dlq re", "redrive"), ("dev --se", "--seed"), ("completion f", "fish")]
)
def test_zsh_completes_a_command_that_is_on_no_path(typed: str, offered: str) -> None:
    """In zsh itself; what its completion system would be given is printed in the place of a menu."""
    words = " ".join(f"'{word}'" for word in (str(COMMAND), *typed.split()))
    program = (
        f"compdef() {{ : }}; _arguments() {{ print -r -- $@ }}; source /dev/stdin; "
        f"words=({words}); CURRENT={len(typed.split()) + 1}; _orders_completion"
    )
    done = subprocess.run(
        ["zsh", "-f", "-c", program],
        input=SCRIPTS[Shell.ZSH], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert (f'"{offered}"' in done.stdout, done.stderr) == (True, "")


@pytest.mark.parametrize("shell", Shell)
def test_a_script_asks_in_its_shells_form_and_says_where_it_goes(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["orders", "completion", shell])
    with pytest.raises(SystemExit) as ended:
        run_with(ProcessRuntime(), __version__)
    script = capfd.readouterr().out
    assert not ended.value.code
    assert f"orders completion {shell}" in "".join(script.splitlines()[:2])
    assert f"{ASKED_BY}=complete_{shell}" in script
    # What is asked is what was typed: `orders` by itself need be on no path.
    assert {Shell.BASH: '"$1"', Shell.ZSH: '"${(Q)words[1]}"', Shell.FISH: "$typed[1]"}[shell] in script
