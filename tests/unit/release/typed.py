"""The commands as tests type them."""

from collections.abc import Callable

import pytest

from deploy.release.back import Rollback
from deploy.release.model import Outcome
from deploy.release.promote import Promote, Promotion
from tests.unit.release.world import NEW, Killed, World


def promote(world: World, digest: str = NEW, *, again: bool = False) -> Outcome:
    return Promote(world.desk()).execute(Promotion(digest, again=again))


def roll_back(world: World, to: str | None = None) -> Outcome:
    return Rollback(world.desk()).execute("customers can't order", to)


def killed_when(world: World, due: Callable[[], bool], *, keeping_lock: bool = False) -> None:
    """Has a release killed, with its Terraform."""
    world.when(due, world.kill)
    with pytest.raises(Killed):
        promote(world)
    world.terraform.die(keeping_lock=keeping_lock)
