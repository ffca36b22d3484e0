"""Single decisions, and what of AWS they are made from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.release.aws.ecs import EcsDeployments
from deploy.release.decide import (
    Apply,
    ApplyAgain,
    GoBack,
    Limits,
    Released,
    Run,
    RunSmoke,
    Step,
    Stop,
    Wait,
    beginning,
    next_step,
    way_back,
)
from deploy.release.model import Deployment, Refused, Seen, Service, ServiceState, Status
from tests.unit.release.ecs import STATUS_CHANGES
from tests.unit.release.world import NEW, NEXT, OLD, World

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
API = Service("eu-west-1", "api", "sit")
RELAY = Service("eu-west-1", "relay", "sit")
LIMITS = Limits(timedelta(minutes=75))


def a_deployment(service: Service = API, status: Status = Status.IN_PROGRESS, **more: object) -> Deployment:
    made = Deployment(
        arn=f"arn:{service.role}", service=service, status=status, created_at=NOW - timedelta(minutes=10), digest=NEW,
        before=OLD, in_steps=service.role == "api",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def seen(*newest: Deployment | None, digest: str = NEW) -> Seen:
    services = (API, RELAY)
    states = (
        ServiceState(service, digest, f"definition/{service.role}", 2, 2, newest=each)
        for service, each in zip(services, newest, strict=True)
    )
    return Seen(tuple(states))


def a_run(**more: object) -> Run:
    return replace(Run(NEW, NOW - timedelta(days=1)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.SUCCESSFUL])
def test_until_a_deployment_is_through_the_revision_of_before_is_what_stays(status: Status) -> None:
    """ECS names the new task definition as the service's as soon as the deployment begins."""
    assert seen(a_deployment(status=status), None).api.serving == OLD


def test_after_a_deployment_its_revision_stays() -> None:
    assert seen(a_deployment(status=Status.SUCCESSFUL), None).api.serving == NEW


@pytest.mark.parametrize(
    ("weight", "smoked", "step"),
    [
        (0.0, (), Wait()),
        (10.0, (), RunSmoke(10)),
        (10.0, (10,), Wait()),
        (40.0, (10,), Wait()),
        (50.0, (10,), RunSmoke(50)),
        (60.0, (), RunSmoke(50)),
        (100.0, (10, 50), RunSmoke(100)),
        (100.0, (10, 50, 100), Wait()),
    ],
)
def test_the_smoke_test_runs_when_its_share_is_reached(weight: float, smoked: Sequence[int], step: Step) -> None:
    run = a_run(apply=Apply.RUNNING, smoked=frozenset(smoked))
    assert next_step(seen(a_deployment(weight=weight), a_deployment(RELAY)), run, LIMITS, NOW) == step


def test_the_api_is_stopped_first_and_what_is_through_is_not() -> None:
    relay, api = a_deployment(RELAY), a_deployment()
    found = next_step(seen(api, relay), a_run(fault="wrong amounts"), LIMITS, NOW)
    assert found == Stop((api, relay), "wrong amounts")
    through = a_deployment(RELAY, Status.SUCCESSFUL)
    assert next_step(seen(api, through), a_run(fault="wrong amounts"), LIMITS, NOW) == Stop((api,), "wrong amounts")


@pytest.mark.parametrize("status", [Status.ROLLBACK_REQUESTED, Status.ROLLBACK_IN_PROGRESS, Status.STOP_REQUESTED])
def test_what_goes_back_already_is_waited_for(status: Status) -> None:
    assert next_step(seen(a_deployment(status=status), None), a_run(), LIMITS, NOW) == Wait()


def test_75_minutes_count_from_the_deployments_own_beginning() -> None:
    late = a_deployment(created_at=NOW - timedelta(minutes=75), stage="SCALE_UP")
    found = next_step(seen(late, None), a_run(), LIMITS, NOW)
    assert isinstance(found, Stop)
    assert "api in eu-west-1: not through 75 minutes" in found.why
    assert next_step(seen(late, None), a_run(), LIMITS, NOW - timedelta(seconds=1)) == Wait()


def test_a_failed_deployment_of_another_release_is_not_this_ones_fault() -> None:
    old = a_deployment(status=Status.ROLLBACK_SUCCESSFUL)
    assert next_step(seen(old, None), a_run(since=NOW - timedelta(minutes=5)), LIMITS, NOW) == ApplyAgain()


def test_released_is_said_only_after_an_apply_that_had_nothing_left_and_all_requests_tested() -> None:
    through = seen(a_deployment(status=Status.SUCCESSFUL), a_deployment(RELAY, Status.SUCCESSFUL))
    tested = frozenset({100})
    assert next_step(through, a_run(smoked=tested), LIMITS, NOW) == ApplyAgain()
    assert next_step(through, a_run(apply=Apply.OK, applied_at=NOW), LIMITS, NOW) == RunSmoke(100)
    assert next_step(through, a_run(apply=Apply.OK, applied_at=NOW, smoked=tested), LIMITS, NOW) == Released()


def test_a_service_that_stays_behind_is_a_fault_once_ecs_has_had_time_to_say_otherwise() -> None:
    behind = seen(a_deployment(status=Status.SUCCESSFUL), None, digest=OLD)
    run = a_run(apply=Apply.OK, applied_at=NOW, smoked=frozenset({100}))
    assert next_step(behind, run, LIMITS, NOW + timedelta(minutes=1)) == Wait()
    found = next_step(behind, run, LIMITS, NOW + timedelta(minutes=2))
    assert isinstance(found, GoBack)
    assert "relay in eu-west-1 on" in found.why


def test_a_rollback_under_way_is_no_release_to_take_up() -> None:
    back = a_deployment(digest=OLD, before=NEW, in_steps=False)
    with pytest.raises(Refused, match="under way already"):
        beginning(seen(back, None), [back], OLD)


def test_an_older_release_of_the_same_digest_says_nothing_of_where_to_go_back() -> None:
    since = a_deployment(status=Status.SUCCESSFUL, digest=NEXT, before=NEW)
    first = a_deployment(status=Status.SUCCESSFUL)
    assert beginning(seen(since, None, digest=NEXT), [since, first], NEW).before == NEXT


def test_a_repeated_apply_goes_back_to_where_the_release_began() -> None:
    again, first = a_deployment(before=NEW), a_deployment(status=Status.SUCCESSFUL)
    assert beginning(seen(again, None), [again, first], NEW).before == OLD


def test_workers_that_come_before_the_api_are_stopped_too() -> None:
    relay = a_deployment(RELAY)
    found = way_back(seen(None, relay, digest=OLD), [], None)
    assert (found.to, found.stop) == (OLD, (relay,))


def test_workers_on_their_way_back_are_not_stopped() -> None:
    """Stopped, they would go to the newer digest again."""
    relay = a_deployment(RELAY, digest=OLD, before=NEW)
    api = a_deployment(status=Status.SUCCESSFUL, digest=OLD, before=NEW, in_steps=False)
    assert way_back(seen(api, relay, digest=OLD), [api], None).stop == ()


def test_a_person_does_not_turn_a_rollback_around() -> None:
    back = a_deployment(digest=OLD, before=NEW, in_steps=False)
    with pytest.raises(Refused, match="wait for it"):
        way_back(seen(back, None), [back], NEXT)


@pytest.mark.parametrize("status", Status)
def test_a_rollback_that_was_broken_off_still_leads_back(status: Status) -> None:
    """Whoever cancels its apply has ECS undo it: the newer revision is what serves then."""
    back = a_deployment(status=status, digest=OLD, before=NEW, in_steps=False)
    assert way_back(seen(back, None, digest=OLD), [back], None).to == OLD


def test_every_status_of_ecs_is_one_that_the_tool_knows() -> None:
    assert {status for change in STATUS_CHANGES for status in change if status is not None} <= set(Status)
    assert {page.split("/")[2] for page in STATUS_CHANGES.values()} == {"docs.aws.amazon.com"}


def test_a_history_of_many_pages_is_read_to_its_end(tmp_path: Path) -> None:
    world = World("sit", tmp_path)
    ecs, api = world.ecs["eu-west-1"], world.environment.api
    release = {"strategy": "LINEAR", "step_percent": 100.0, "step_minutes": 0, "bake_minutes": 0}
    digests = [f"sha256:{number:064}" for number in range(10, 17)]
    for digest in digests:
        ecs.update(api.name, ecs.register(api.name, digest), release)
        world.clock.wait(600)
    found = EcsDeployments(world.environment, world.ecs.__getitem__, world.clock.now).history(api)
    assert [each.digest for each in found] == digests[::-1]
    assert [each.before for each in found] == [*digests[-2::-1], OLD]
