"""Rollback and abort against ECS's state machine: inside bake time, after it, killed, and typed twice."""

import pytest

from deploy.release.back import Abort, Rollback
from deploy.release.desk import PersonNeeded
from deploy.release.model import Outcome, Refused
from deploy.release.ports import StateLocked
from tests.unit.release.typed import bring_ahead, killed_when, promote, replacing_tasks, roll_back
from tests.unit.release.world import NEW, NEXT, OLD, Killed, World

# Rollback.


def test_a_rollback_inside_bake_time_stops_the_deployment(sit: World) -> None:
    killed_when(sit, lambda: sit.stage() == "BAKE_TIME")
    before = sit.clock.now()
    assert roll_back(sit) is Outcome.DONE
    assert f"stop-service-deployment {sit.environment.api.name}" in sit.calls
    assert sit.is_wholly_on(OLD)
    stopped = sit.ecs["eu-west-1"].services[sit.environment.api.name].deployments[0]
    assert stopped.status_since is not None
    assert (stopped.status_since - before).total_seconds() <= 120


def test_a_rollback_after_bake_time_takes_the_digest_of_before_at_once(sit: World) -> None:
    promote(sit)
    assert roll_back(sit) is Outcome.DONE
    assert not any(call.startswith("stop") for call in sit.calls)
    assert [call for call in sit.calls if call.startswith("terraform")][-1] == f"terraform apply {OLD} at once"
    back = sit.ecs["eu-west-1"].services[sit.environment.api.name].deployments[-1]
    assert back.strategy == "BLUE_GREEN"
    assert back.shifted_at is not None
    assert (back.shifted_at - back.created_at).total_seconds() < 300
    assert sit.is_wholly_on(OLD)


def test_a_rollback_while_its_alarm_still_stands_goes_through(sit: World) -> None:
    promote(sit)
    sit.alarm()
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_a_second_rollback_never_brings_the_newer_digest_back(sit: World) -> None:
    promote(sit)
    roll_back(sit)
    calls = list(sit.calls)
    assert roll_back(sit) is Outcome.DONE
    assert sit.calls == calls
    assert sit.is_wholly_on(OLD)


@pytest.mark.parametrize("seconds", [30, 100, 200, 700])
def test_a_rollback_that_was_killed_ends_in_the_same_state(sit: World, seconds: int) -> None:
    promote(sit)
    at = sit.clock.now().timestamp() + seconds
    sit.when(lambda: sit.clock.now().timestamp() >= at, sit.kill)
    with pytest.raises(Killed):
        roll_back(sit)
    sit.terraform.die(keeping_lock=False)
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_an_interrupted_rollback_is_not_turned_around(sit: World) -> None:
    promote(sit)
    stops = len([call for call in sit.calls if call.startswith("stop")])

    def interrupt() -> None:
        raise KeyboardInterrupt

    sit.when(lambda: sit.stage() == "BAKE_TIME", interrupt)
    with pytest.raises(KeyboardInterrupt):
        roll_back(sit)
    assert len([call for call in sit.calls if call.startswith("stop")]) == stops
    # Its Terraform lives on, and holds the lock.
    assert sit.terraform.locked_by is not None
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_a_rollback_whose_apply_was_cancelled_and_undone_by_ecs_is_done_again(sit: World) -> None:
    promote(sit)
    sit.when(lambda: sit.stage() == "BAKE_TIME", sit.kill)
    with pytest.raises(Killed):
        roll_back(sit)
    assert sit.terraform.running is not None
    sit.terraform.running.interrupt()
    sit.clock.wait(300)
    assert NEW in sit.digests()
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_a_lock_without_anything_under_way_is_nobody_to_wait_for(sit: World) -> None:
    promote(sit)
    sit.terraform.locked_by = "somebody who died"
    before = sit.clock.now()
    with pytest.raises(StateLocked, match="no deployment is under way"):
        roll_back(sit)
    assert sit.clock.now() == before


def test_a_plan_that_never_comes_to_nothing_needs_a_person(sit: World) -> None:
    promote(sit)
    sit.terraform.overtaken = True
    with pytest.raises(PersonNeeded, match="after 4 plans"):
        roll_back(sit)
    assert sit.is_wholly_on(NEW)


def test_a_rollback_in_both_regions_while_it_is_under_way(prod: World) -> None:
    killed_when(prod, lambda: prod.weight() >= 30)
    assert roll_back(prod) is Outcome.DONE
    assert prod.is_wholly_on(OLD)


def test_a_person_names_another_digest(sit: World) -> None:
    promote(sit)
    promote(sit, NEXT)
    assert roll_back(sit, OLD) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_without_a_release_before_there_is_nothing_to_go_back_to(sit: World) -> None:
    with pytest.raises(Refused, match="AWS knows no release before this one"):
        roll_back(sit)


def test_a_rollback_that_would_do_more_needs_a_person(sit: World) -> None:
    promote(sit)
    sit.terraform.more["module.region.aws_sqs_queue.this"] = "aws_sqs_queue"
    with pytest.raises(PersonNeeded, match="would do more than a release may"):
        roll_back(sit)
    assert sit.is_wholly_on(NEW)


def test_a_misspelt_digest_is_refused_before_anything_is_changed(sit: World) -> None:
    promote(sit)
    calls = list(sit.calls)
    sit.prepared.missing.add(NEXT)
    with pytest.raises(Refused, match="image"):
        roll_back(sit, NEXT)
    assert sit.calls == calls


def test_a_rollback_has_a_reason(sit: World) -> None:
    promote(sit)
    with pytest.raises(Refused, match="has a reason"):
        Rollback(sit.desk()).execute("  ")
    assert sit.is_wholly_on(NEW)


# Tasks that are only replaced: a forced deployment, a changed setting.


@pytest.mark.parametrize("seconds", [600, 6000])
def test_a_rollback_passes_over_tasks_that_were_only_replaced(sit: World, seconds: int) -> None:
    replacing_tasks(sit, seconds)
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_a_rollback_passes_over_tasks_that_could_not_be_replaced(sit: World) -> None:
    replacing_tasks(sit, 600)
    sit.alarm()
    sit.clock.wait(600)
    newest = sit.newest()
    assert newest is not None
    assert newest.status == "ROLLBACK_SUCCESSFUL"
    assert Abort(sit.desk()).execute(None) is Outcome.DONE, "they are no release, and nothing is taken back for them"
    assert sit.is_wholly_on(NEW)
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_abort_with_a_reason_stops_the_replacing_of_tasks_and_stays_on_the_digest(sit: World) -> None:
    replacing_tasks(sit, 600)
    assert Abort(sit.desk()).execute("slow") is Outcome.DONE
    assert f"stop-service-deployment {sit.environment.api.name}" in sit.calls
    assert sit.is_wholly_on(NEW)


def test_a_release_that_has_reached_only_a_worker_is_taken_back_from_it(sit: World) -> None:
    promote(sit)
    bring_ahead(sit, "record-creator", NEXT)
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


# Beside a release that still watches.


@pytest.mark.parametrize("to", [None, NEXT], ids=["before", "another"])
def test_a_rollback_is_not_undone_by_the_release_that_still_watches(sit: World, to: str | None) -> None:
    """The machine of the release slept, or its smoke test took long, while a person went back."""
    ended: list[Outcome] = []
    sit.when(lambda: sit.weight() >= 50, lambda: ended.append(roll_back(sit, to)))
    if to is None:
        assert promote(sit) is Outcome.ROLLED_BACK
    else:
        with pytest.raises(PersonNeeded, match="somebody else deploys"):
            promote(sit)
    assert ended == [Outcome.DONE]
    assert sit.is_wholly_on(to or OLD)


# Abort.


def test_abort_leaves_alone_what_is_not_over_its_time(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 10)
    assert Abort(sit.desk()).execute(None) is Outcome.DONE
    assert sit.newest() is not None
    assert sit.stage() == "PRODUCTION_TRAFFIC_SHIFT"


def test_abort_with_a_reason_takes_back_at_once(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 10)
    assert Abort(sit.desk()).execute("wrong amounts") is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_abort_ends_what_is_over_its_time(sit: World) -> None:
    sit.ecs["eu-west-1"].unhealthy.add((sit.environment.api.name, NEW))
    killed_when(sit, lambda: sit.stage() == "SCALE_UP")
    sit.clock.wait(75 * 60)
    assert Abort(sit.desk()).execute(None) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_abort_finishes_what_ecs_has_taken_back_while_nobody_looked(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 50)
    sit.alarm()
    sit.clock.wait(600)
    assert sit.digests() == {OLD, NEW}
    assert Abort(sit.desk()).execute(None) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_abort_has_nothing_to_do_when_nothing_is_under_way(sit: World) -> None:
    assert Abort(sit.desk()).execute("wrong amounts") is Outcome.DONE
    assert sit.calls == []
