"""The commands as tests type them."""

from collections.abc import Callable

import pytest

from deploy.release.back import Rollback
from deploy.release.model import Outcome
from deploy.release.promote import Promote, Promotion
from tests.unit.release.world import NEW, Killed, World

IN_STEPS = {"strategy": "LINEAR", "step_percent": 10.0, "step_minutes": 5, "bake_minutes": 15}


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


def replacing_tasks(world: World, seconds: float) -> None:
    """Releases, then has the API's tasks replaced in steps for so long: ``update-service --force-new-deployment``."""
    promote(world)
    ecs, api = world.ecs[world.environment.regions[0]], world.environment.api
    ecs.update(api.name, ecs.services[api.name].definition, IN_STEPS)
    world.clock.wait(seconds)


def bring_ahead(world: World, role: str, digest: str) -> None:
    """Has one service behind a queue brought to a digest by itself, to its end (docs/runbooks/deploy.md)."""
    region = world.environment.regions[0]
    (service,) = (each for each in world.environment.services if (each.region, each.role) == (region, role))
    ecs = world.ecs[region]
    ecs.update(service.name, ecs.register(service.name, digest), None)
    world.terraform.state[service] = digest
    world.clock.wait(600)
