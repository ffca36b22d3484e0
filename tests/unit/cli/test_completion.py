"""A shell completes the command line by asking the command that is typed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orders import __version__
from orders.adapters.inbound.cli.app import run_with
from orders.adapters.inbound.cli.commands.completion import ASKED_BY, SCRIPTS, Shell
from orders.bootstrap.cli import ProcessRuntime
from orders.domain.lifecycle import Role
from orders.ports.mail import MailTemplate

QUEUES = ProcessRuntime().queue_names()
RULES = [name.removeprefix("rule:") for name in QUEUES if name.startswith("rule:")]
FIRST_RULE = RULES[0]
TEMPLATES = ProcessRuntime().template_names()
COMMAND = Path(sys.executable).with_name("orders")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("dlq", "re"), ["redrive"]),
        (("events", "replay", "--check"), ["--checkpoint"]),
        (("completion", ""), ["bash", "fish", "zsh"]),
        (("openapi", "--output", ""), []),
        (("worker", "pdf"), ["pdf-creator"]),
        (("dlq", "list", ""), [*QUEUES, "all"]),
        (("dlq", "show", "customer"), ["customer-notifier"]),
        (("dlq", "redrive", "al"), ["all"]),
        # As bash has them: broken at the colon, of which it completes what is behind.
        (("dlq", "purge", "rule", ":", FIRST_RULE[:3]), [name for name in RULES if name.startswith(FIRST_RULE[:3])]),
        (("dlq", "purge", "rule", ":"), RULES),
        (("token", "--role", ""), list(Role)),
        (("token", "--role", "staff", "--role", "o"), ["operator"]),
        (("events", "replay", "--type", "document"), ["document_failed", "document_ready"]),
        (("templates", "preview", "order_"), [name for name in TEMPLATES if name.startswith("order_")]),
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
    assert (sorted(filter(None, found)), done.stderr) == (sorted(offered), "")
    assert bound == "complete -o default -F _orders_completion orders"


@pytest.mark.parametrize(
    ("asked", "typed", "offered"),
    [
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders dlq re", '"redrive":"Send dead letters back'),
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders openapi --output ", "_files"),
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders dlq list rule:", rf'"rule\\:{FIRST_RULE}"'),
        ({ASKED_BY: "complete_zsh"}, ".venv/bin/orders token --role ", '"operator"'),
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


def test_the_names_that_are_offered_are_those_that_exist() -> None:
    assert set(MailTemplate) | {"order_document"} == set(TEMPLATES)
    assert set(QUEUES) > set(ProcessRuntime().worker_names())


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dlq re", "redrive"),
        ("dev --se", "--seed"),
        ("completion f", "fish"),
        ("worker pdf", "pdf-creator"),
        (f"dlq show rule:{FIRST_RULE[:3]}", rf"rule\\:{FIRST_RULE}"),
    ],
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
