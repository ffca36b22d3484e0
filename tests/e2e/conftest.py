"""The service that end-to-end tests call: `orders dev`, the containers of the Compose stack, or a process for each role
on what Terraform plans.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.dev_process import Dev
from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running service on the backend of this run; removed whatever happens."""
    directory = tmp_path_factory.mktemp("stack")
    backends: dict[str, Callable[[Path], Stack]] = {
        "dev": lambda directory: Dev(directory / "data"),
        "compose": _containers,
        "planned": _planned,
    }
    running = backends[request.config.getoption("--backend")](directory)
    try:
        running.start()
        yield running
    finally:
        running.remove()


@pytest.fixture
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """A running `orders dev` on a data directory of its own; stopped whatever happens."""
    process = Dev(tmp_path_factory.mktemp("dev") / "data")
    try:
        process.start()
        yield process
    finally:
        process.remove()


def _containers(directory: Path) -> Stack:
    # Imported here: without a container engine its client can't even be loaded with pleasure.
    from tests.e2e.containers import IMAGE, ComposeStack

    found = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, timeout=60, check=False)
    assert found.returncode == 0, f"there is no image {IMAGE} here: run `make image`"
    return ComposeStack(directory)


def _planned(directory: Path) -> Stack:
    # Imported here: it needs Terraform, which the other backends do without.
    from tests.e2e.planned_stack import PlannedStack

    return PlannedStack(directory)
