"""Runbooks can be followed: their commands are such as there are, and each page is found from the first one.

What a page marks as ``sh local`` is run as it is written by ``tests/e2e/test_runbooks.py``.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped] # it declares no types
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs/runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
COMMANDED = [*PAGES, ROOT / "docs/deployment.md"]
BLOCK = re.compile(r"^ *```(?:sh|bash)(?: local)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
MAKE = re.compile(r"(?:^|[;&|(]\s*|\bor )(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", re.MULTILINE)
AWS = re.compile(r"aws ([a-z0-9]+) ([a-z][a-z0-9-]*)(.*)")
QUOTED = r"'[^']*'|\"[^\"]*\""
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

OF_THE_CLI = {"s3": {"ls", "cp", "mv", "rm", "sync"}, "logs": {"tail"}, "ecr": {"get-login-password"}}
"""Commands of AWS's command line that are no operations of the service's API."""
NAMES = {"s3api": "s3", "configservice": "config"}
EVERYWHERE = {"query", "output", "region", "profile", "no-cli-pager", "max-items", "page-size", "cli-input-json"}


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(page: Path) -> Iterator[str]:
    """The page's code, blocks and inline alike, a command a line."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    outside = BLOCK.sub("", text)
    yield from (found.replace("\n", " ") for found in INLINE.findall(outside))


def test_the_targets_of_make_are_read() -> None:
    assert {"run", "stop", "check", "soak", "fixtures"} <= TARGETS


@pytest.mark.parametrize("page", COMMANDED, ids=page_id)
def test_make_has_the_targets_that_a_page_names(page: Path) -> None:
    named = {target for line in commands(page) for target in MAKE.findall(line)}
    assert named <= TARGETS


@cache
def service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(NAMES.get(name, name))


def fault_of(name: str, command: str, rest: str) -> str | None:
    """What is wrong with a command of AWS's; ``None`` if nothing is."""
    if command in OF_THE_CLI.get(name, ()):
        return None
    if command == "wait":
        waiters = botocore.session.get_session().get_waiter_model(NAMES.get(name, name)).waiter_names
        awaited = rest.split(maxsplit=1)[0] if rest.split() else ""
        return None if awaited in {xform_name(each, "-") for each in waiters} else f"aws {name} awaits no {awaited}"
    operations = {xform_name(each, "-"): each for each in service(name).operation_names}
    if command not in operations:
        return f"aws {name} has no {command}"
    shape = service(name).operation_model(operations[command]).input_shape
    known = {xform_name(each, "-") for each in (shape.members if shape else ())} | EVERYWHERE
    # Of a flag there is one for each of its two values.
    known |= {f"no-{each}" for each in known}
    unknown = [option for option in re.findall(r"(?<!\S)--([a-z-]+)", rest) if option not in known]
    return f"aws {name} {command} has no {', '.join(unknown)}" if unknown else None


@pytest.mark.parametrize("page", COMMANDED, ids=page_id)
def test_aws_has_the_commands_and_options_that_a_page_names(page: Path) -> None:
    split = [AWS.match(re.sub(QUOTED, "X", command)) for line in commands(page) for command in single(line)]
    faults = [fault_of(found[1], found[2], re.split(r"[;&|)#]", found[3])[0]) for found in split if found]
    assert [fault for fault in faults if fault] == []


QUERY = re.compile(r"""--query (?:'([^']+)'|"([^"]+)"|(\S+))""")
INNER = re.compile(r"\$\((aws (?:[^()]|\([^()]*\))*)\)")
TEXTS = re.compile(r"'[^']*'|`[^`]*`|\$\w+")
FUNCTIONS = {"length", "sort_by", "keys", "contains", "join"}


def single(line: str) -> Iterator[str]:
    """The line's commands of AWS's, those inside of others too."""
    while inner := INNER.search(line):
        yield inner[1]
        line = line.replace(inner[0], "X")
    starts = [found.start() for found in re.finditer(r"\baws [a-z0-9]+ [a-z]", line)]
    yield from (line[start:end] for start, end in pairwise([*starts, len(line)]))


def queries(page: Path) -> Iterator[tuple[str, str, str]]:
    """Service, operation and query of each command of AWS's that has one."""
    for command in (each for line in commands(page) for each in single(line)):
        _, name, operation, *_ = command.split()
        yield from ((name, operation, "".join(found)) for found in QUERY.findall(command))


def members(shape: Any, seen: set[str]) -> set[str]:
    """Names of everything in the answer, at any depth."""
    if shape is None or shape.name in seen:
        return set()
    seen.add(shape.name)
    inner = [*getattr(shape, "members", {}).values()]
    inner += [getattr(shape, name) for name in ("member", "value") if hasattr(shape, name)]
    return set(getattr(shape, "members", {})).union(*(members(each, seen) for each in inner))


@pytest.mark.parametrize("page", COMMANDED, ids=page_id)
def test_queries_can_be_read_and_ask_for_what_aws_answers(page: Path) -> None:
    for name, command, query in queries(page):
        jmespath.compile(re.sub(r"\$\w+", "x", query))
        model = service(name)
        operation = next(each for each in model.operation_names if xform_name(each, "-") == command)
        known = members(model.operation_model(operation).output_shape, set()) | FUNCTIONS
        asked = set(re.findall(r"[A-Za-z]\w*", TEXTS.sub("", query)))
        assert asked <= known, f"aws {name} {command}: {asked - known}"


def test_a_command_that_aws_does_not_have_is_noticed() -> None:
    assert fault_of("dynamodb", "restore-table", "") == "aws dynamodb has no restore-table"
    assert fault_of("dynamodb", "get-item", " --table-name t --consistent") == "aws dynamodb get-item has no consistent"
    assert fault_of("dynamodb", "wait", " table-restored --table-name t") == "aws dynamodb awaits no table-restored"
    assert fault_of("dynamodb", "wait", " table-exists --table-name t") is None
    assert fault_of("route53", "update-health-check", " --health-check-id ID --no-inverted") is None


def test_each_runbook_is_in_the_index_and_says_what_it_is_for() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w-]+\.md)(?:#[\w-]+)?\)", index))
    assert sorted({page.name for page in PAGES} - {"README.md"} - linked) == []
    for page in PAGES:
        title, blank, first, *_ = page.read_text(encoding="utf-8").splitlines()
        assert title.startswith("# ")
        assert (blank, bool(first.strip())) == ("", True), page.name


ANCHOR = re.compile(r"\]\(([\w./-]*\.md)?#([\w-]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_into_pages_lead_to_their_headings(page: Path) -> None:
    for name, anchor in ANCHOR.findall(page.read_text(encoding="utf-8").replace("\n", " ")):
        target = (page.parent / name) if name else page
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, f"{page.name} links to {name}#{anchor}"


def test_a_local_block_needs_nobody_and_names_no_place_to_be_filled_in() -> None:
    """What would ask, or wait for somebody to put something in, can't be run as it is written."""
    for page in PAGES:
        for block in re.findall(r"^```sh local\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            lines = block.replace("\\\n", " ").splitlines()
            words = [word for line in lines for word in shlex.split(line, comments=True)]
            methods = {"GET", "POST", "PUT", "DELETE"}
            placeholders = {word for word in words if re.fullmatch(r"[A-Z]{2,}", word)} - methods
            assert (placeholders, "aws" in words) == (set(), False), page.name
