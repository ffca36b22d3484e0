"""What the pages tell people to type is what the tool has."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from deploy.release.cli import app_of
from deploy.release.model import Outcome

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs/release.md", ROOT / "docs/runbooks/deploy.md", ROOT / "docs/runbooks/rollback.md"]
TYPED = re.compile(r"-m deploy\.release ([a-z]+)((?:[^\n`#\\]|\\\n)*)")
ROW = re.compile(r"^\| `([a-z]+) ((?:--env|FILE)[^`]*)` \|", re.MULTILINE)


def commands() -> dict[str, set[str]]:
    """Options of each command."""
    group = typer.main.get_command(app_of())
    assert isinstance(group, TyperGroup)
    return {
        name: {option for each in command.params for option in each.opts if option.startswith("--")}
        for name, command in group.commands.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    typed = [*TYPED.findall(text), *(ROW.findall(text) if page.name == "release.md" else [])]
    assert typed
    known = commands()
    for name, arguments in typed:
        assert set(re.findall(r"--[a-z-]+", arguments)) <= known[name], f"{name} {arguments}"


def test_the_page_has_every_command_option_and_exit_code() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    assert {name for name, _ in ROW.findall(text)} == set(commands())
    for name, options in commands().items():
        assert {option for option in options if option not in text} == set(), name
    for outcome in Outcome:
        assert f"| {outcome.value} | `{outcome.name}` |" in text
