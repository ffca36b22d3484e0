"""One `orders dev` for the tests that share it."""

from collections.abc import Iterator

import pytest

from tests.e2e.dev_process import Dev


@pytest.fixture
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """A running `orders dev` on a data directory of its own; stopped whatever happens."""
    process = Dev(tmp_path_factory.mktemp("dev") / "data")
    try:
        process.start()
        yield process
    finally:
        process.stop()
