"""The application for HTTP tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.http_api import Api, an_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as running:
        yield running
