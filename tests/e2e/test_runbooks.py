"""Blocks that runbooks and the tutorial mark as ``sh local`` are run as they are written, on a running `orders dev`.

A page's blocks are one script, in their order, so that a variable holds from one to the next. A command by itself that
several pages have is run once. The one thing that is changed is the API's address where a page has the default one: the
port is another, as with ``make run ARGS="--port ..."``.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.dev_process import ORDERS, Dev

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh local\n(.*?)^```", re.MULTILINE | re.DOTALL)
BY_ITSELF = re.compile(r"\.venv/bin/orders [^$\\|;&]+")
DEFAULT_ADDRESS = "127.0.0.1:8080"
PAGES = {
    page.name: BLOCK.findall(text)
    for page in sorted([*(ROOT / "docs/runbooks").glob("*.md"), ROOT / "docs/tutorial.md"])
    if BLOCK.search(text := page.read_text(encoding="utf-8"))
}


RUN_BEFORE: set[str] = set()
"""Commands by themselves that have succeeded on another page."""


def script_of(page: str) -> list[str]:
    """The page's blocks line by line, commands by themselves without the comment behind them."""
    lines = [line for block in PAGES[page] for line in block.splitlines()]
    return [re.sub(r"\s+#\s.*$", "", line) if line.startswith(".venv/bin/orders ") else line for line in lines]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One `orders dev` for all pages, in a directory where `.venv/bin/orders` is, as in a checkout."""
    directory = tmp_path_factory.mktemp("checkout")
    (directory / ".venv").symlink_to(ORDERS.parents[1])
    dev = Dev(directory / ".orders-dev")
    try:
        dev.start()
        yield dev
    finally:
        dev.remove()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_marks_as_local_runs_as_written(page: str, running: Dev) -> None:
    lines = [line for line in script_of(page) if line not in RUN_BEFORE]
    script = "\n".join(lines).replace(DEFAULT_ADDRESS, f"127.0.0.1:{running.port}")
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=running.log.parent, env=running.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{page}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
    assert "Traceback" not in done.stderr + done.stdout
    RUN_BEFORE.update(filter(BY_ITSELF.fullmatch, lines))


def test_pages_have_such_blocks() -> None:
    assert len(PAGES) > 5
