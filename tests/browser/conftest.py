"""One seeded `orders dev` for all tests, and Debian's Chromium, whose requests are all looked at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.service import seeded_service, started_chromium
from tests.browser.window import Window
from tests.e2e.dev_process import Dev


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """The whole service with its sample orders."""
    with seeded_service(tmp_path_factory.mktemp("browser")) as process:
        yield process


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with started_chromium() as browser:
        yield browser


@pytest.fixture
def window(chromium: Browser, dev: Dev) -> Iterator[Window]:
    """A window as wide as a desk's, light; it must have asked nothing of others and met no error when its test ends."""
    with Window.opened(chromium, dev.base) as opened:
        yield opened
