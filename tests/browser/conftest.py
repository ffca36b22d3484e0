"""One seeded `orders dev` for all tests, and Debian's Chromium, whose requests are all looked at."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.window import Window
from tests.e2e.dev_process import Dev
from tests.support.eventually import eventually

SEEDED_WITHIN_SECONDS = 120
"""Fifteen are needed; a busy machine takes many times as long to render twenty documents."""


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """The whole service with its sample orders; stopped whatever happens."""
    process = Dev(tmp_path_factory.mktemp("browser") / "data", options=["--seed"])
    try:
        process.start()
        eventually(
            lambda: "sample orders: 20 placed" in process.output(), within_seconds=SEEDED_WITHIN_SECONDS, what="seeded"
        )
        yield process
    finally:
        process.remove()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, for which no name but this machine's address leads anywhere."""
    found = shutil.which("chromium")
    assert found is not None, "there is no chromium here: run `make browser-test`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, dev: Dev) -> Iterator[Window]:
    """A window as wide as a desk's, light; it must have asked nothing of others and met no error when its test ends."""
    with Window.opened(chromium, dev.base) as opened:
        yield opened
