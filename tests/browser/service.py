"""What is looked at, and what it is looked at with: a seeded `orders dev`, and Debian's Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.dev_process import Dev
from tests.support.eventually import eventually

SEEDED_WITHIN_SECONDS = 120
"""Fifteen are needed; a busy machine takes many times as long to render twenty documents."""


@contextmanager
def seeded_service(directory: Path) -> Iterator[Dev]:
    """Runs the whole service with its sample orders; stops it whatever happens."""
    process = Dev(directory / "data", options=["--seed"])
    try:
        process.start()
        eventually(
            lambda: "sample orders: 20 placed" in process.output(), within_seconds=SEEDED_WITHIN_SECONDS, what="seeded"
        )
        yield process
    finally:
        process.remove()


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Starts Debian's Chromium, for which no name but this machine's address leads anywhere."""
    found = shutil.which("chromium")
    assert found is not None, "there is no chromium here: run `make browser-test`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield browser
        browser.close()
