"""The environments that releases are tried in."""

from pathlib import Path

import pytest

from tests.unit.release.world import World


@pytest.fixture
def sit(tmp_path: Path) -> World:
    return World("sit", tmp_path)


@pytest.fixture
def prod(tmp_path: Path) -> World:
    return World("prod", tmp_path)
