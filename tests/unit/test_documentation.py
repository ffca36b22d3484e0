"""The pages say nothing of tests that aren't there, and link to nothing that is missing."""

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from orders import __version__
from orders.adapters.inbound.cli.app import build
from orders.bootstrap.cli import ProcessRuntime

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"""(?:\]\(|(?:href|src)=")(?!https?://|#)([^)#"\s]+)""")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "examples/README.md"])
REQUIREMENTS = [
    *(f"DOM-{n}" for n in range(1, 8)), *(f"API-{n}" for n in range(1, 10)), *(f"PIPE-{n}" for n in range(1, 16)),
    *(f"DATA-{n}" for n in range(1, 6)), *(f"SEC-{n}" for n in range(1, 11)), *(f"OPS-{n}" for n in range(1, 13)),
    *(f"Q-{n}" for n in range(1, 16)),
]  # fmt: skip


def test_every_test_that_the_requirements_name_is_there() -> None:
    named = NAMED.findall((ROOT / "docs/requirements.md").read_text(encoding="utf-8"))
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert len(named) > 50
    assert missing == []


def test_every_requirement_has_its_line() -> None:
    page = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    assert [name for name in REQUIREMENTS if not re.search(rf"^\| ?\[?{name}\]? ?\|", page, re.MULTILINE)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


INDEXED = re.compile(r"\]\(([^)#\s]+\.md)\)")
INDICES = [ROOT / "docs/README.md", ROOT / "docs/adr/README.md", ROOT / "docs/runbooks/README.md"]


def test_every_page_is_in_an_index() -> None:
    """Each index has the pages of its directory, and that of `docs` the indices of the others."""
    for index in INDICES:
        listed = {(index.parent / link).resolve() for link in INDEXED.findall(index.read_text(encoding="utf-8"))}
        pages = {*index.parent.glob("*.md"), *index.parent.glob("*/README.md")} - {index}
        assert pages - listed == set(), index


FILE = re.compile(r"`+((?:[\w-]+/)*\w+\.py)`+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    """By the end of their path: pages leave out where all of the code is."""
    places = [
        each.as_posix()
        for root in ("src", "tests", "tools", "benchmarks", "docker", "examples")
        for each in (ROOT / root).rglob("*.py")
    ]
    named = FILE.findall(page.read_text(encoding="utf-8"))
    assert [each for each in named if not any(place.endswith(f"/{each}") for place in places)] == []


BLOCK = re.compile(r"^ *```(?:sh|bash)(?: local)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?orders\s[^`]+)`")
TYPED = re.compile(r"(?:^|[;&|(]\s*)(?:[A-Z_]+=\S*\s+)*((?:\.venv/bin/)?orders\s[^;&|)>\n#]*)", re.MULTILINE)
IN_A_CONTAINER = re.compile(r"\bdocker compose exec \S+ (orders\s[^;&|)>\n#]*)")


def command_line() -> TyperGroup:
    command = typer.main.get_command(build(ProcessRuntime(), __version__))
    assert isinstance(command, TyperGroup)
    return command


def typed(page: Path) -> Iterator[str]:
    """Command lines of the page's code blocks: what a reader runs."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        whole = block.replace("\\\n", " ")
        for pattern in (TYPED, IN_A_CONTAINER):
            yield from (found.strip() for found in pattern.findall(whole))


def check(command: Any, words: list[str], *, whole: bool) -> None:
    """Raises: what is wrong with the words. With ``whole`` nothing that is required may be missing."""
    path = ["orders"]
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        inner = command.commands.get(words[0])
        assert inner is not None, f"{' '.join(path)} has no command {words[0]}"
        path.append(words[0])
        command, words = inner, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    assert unknown == [], f"{' '.join(path)} has no {', '.join(unknown)}"
    if whole:
        # Parsed as when it is typed, and not carried out; help and version end it there.
        with contextlib.suppress(typer.Exit):
            command.make_context(path[-1], list(words), obj=ProcessRuntime())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_code_blocks_can_be_run_as_written(page: Path) -> None:
    for line in typed(page):
        words = shlex.split(line)
        check(command_line(), words[1:], whole=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_reader_on_a_laptop_runs_the_environments_own_command(page: Path) -> None:
    """In containers `orders` is on the path, on a laptop it is not."""
    blocks = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    assert [line for line in TYPED.findall(blocks) if not line.startswith(".venv/bin/")] == []
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:4566" not in blocks  # the port may be another checkout's


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_name_are_there(page: Path) -> None:
    for named in INLINE.findall(page.read_text(encoding="utf-8")):
        words = [word for word in shlex.split(named) if not re.fullmatch(r"[A-Z_]+=.*", word)][1:]
        if words:
            check(command_line(), words, whole=False)


PROGRAM = re.compile(r"^```(python|ts)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = {"python": ROOT / "tests/clients/generated_python.py", "ts": ROOT / "tests/clients/generated_typescript.ts"}


def test_what_the_page_of_clients_shows_is_a_part_of_a_program_that_is_tested() -> None:
    shown = PROGRAM.findall((ROOT / "docs/clients.md").read_text(encoding="utf-8"))
    assert [language for language, _ in shown] == ["python", "ts"]
    for language, part in shown:
        program = PROGRAMS[language].read_text(encoding="utf-8")
        assert any(indent(part, " " * depth) in program for depth in (0, 2, 4)), part


def test_there_is_one_version() -> None:
    assert f"ARG VERSION={__version__}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f'"version": "{__version__}"' in (ROOT / "docs/openapi.json").read_text(encoding="utf-8")[:400]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'path = "src/orders/__init__.py"' in project
