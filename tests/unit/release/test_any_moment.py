"""Killed at any moment, whatever else happens, and started again: always one known state."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.release.back import Abort, Rollback
from deploy.release.model import Outcome, Refused
from deploy.release.ports import StateLocked
from deploy.release.promote import Promote, Promotion
from tests.unit.release.world import NEW, OLD, Killed, World

SCENARIOS = 24
FAULTS = ("none", "alarm", "smoke", "unhealthy API", "unhealthy worker", "failover alarm", "terraform")


def make_trouble(world: World, fault: str, chance: random.Random) -> None:
    region = world.environment.regions[-1]
    if fault in {"alarm", "failover alarm"}:
        percent = chance.randrange(0, 100, 10)
        where = region if fault == "failover alarm" else None
        due = lambda: (world.stage() is not None, world.coming()) == (True, NEW) and world.weight() >= percent  # noqa: E731
        world.when(due, lambda: world.alarm(where))
    elif fault == "smoke":
        world.smoke.fails_at = {float(chance.choice([10, 50, 100]))}
    elif fault == "unhealthy API":
        world.ecs[region].unhealthy.add((world.environment.api.name, NEW))
    elif fault == "unhealthy worker":
        world.ecs[region].unhealthy.add((f"bbws-orders-relay-{world.environment.name}", NEW))
    elif fault == "terraform":
        world.terraform.fails = chance.randrange(1, 3)


@contextmanager
def killed_at(world: World, seconds: float, *, terraform_lives: bool) -> Iterator[None]:
    """Kills the command within the block at some moment, if it still runs then."""
    at = world.clock.now() + timedelta(seconds=seconds)
    running = True

    def kill() -> None:
        if not terraform_lives:
            world.terraform.die(keeping_lock=False)
        world.kill()

    world.when(lambda: running and world.clock.now() >= at, kill)
    try:
        yield
    finally:
        running = False


@pytest.mark.parametrize("seed", range(SCENARIOS))
def test_every_story_ends_in_one_known_state(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a story
    world = World(chance.choice(["sit", "sit", "prod"]), tmp_path)
    fault = chance.choice(FAULTS)
    make_trouble(world, fault, chance)
    commands: dict[str, Callable[[], Outcome]] = {
        "promote": lambda: Promote(world.desk()).execute(Promotion(NEW)),
        "rollback": lambda: Rollback(world.desk()).execute("in doubt"),
        "abort": lambda: Abort(world.desk()).execute("in doubt"),
    }
    story = ["promote", *chance.choices(["promote", "rollback", "abort"], k=chance.randrange(3))]
    for name in story:
        moment, lives = chance.uniform(0, 4500), chance.random() < 0.5
        with suppress(Killed, Refused, StateLocked), killed_at(world, moment, terraform_lives=lives):
            commands[name]()
        world.clock.wait(chance.choice([0, 0, 30, 600]))
    last = chance.choice(["promote", "rollback"])
    outcome = ended(world, commands[last])
    told = (seed, fault, story, last, outcome, world.calls)
    if last == "rollback":
        # Nothing to go back to: the release never reached AWS.
        assert world.is_wholly_on(OLD), told
    else:
        assert world.is_wholly_on(NEW if outcome is Outcome.DONE else OLD), told


def ended(world: World, command: Callable[[], Outcome]) -> Outcome:
    """The last command, as often as a person would type it again."""
    for _ in range(4):
        try:
            return command()
        except StateLocked:
            world.clock.wait(1800)
            world.terraform.locked_by = None
        except Refused:
            world.clock.wait(1800)
    return Outcome.REFUSED
