"""Releases against ECS's state machine: whatever happens, each ends in one known state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deploy.release import evidence
from deploy.release.desk import PersonNeeded
from deploy.release.model import Check, Outcome, Refused
from deploy.release.ports import CloudFailed, StateLocked
from deploy.release.promote import Promote, Promotion
from tests.unit.release.typed import bring_ahead, killed_when, promote, roll_back
from tests.unit.release.world import NEW, NEXT, OLD, Killed, World

# Going well.


def test_a_release_looks_applies_watches_and_ends_on_the_new_digest(sit: World) -> None:
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)
    updates = {call.split()[1] for call in sit.calls[1:]}
    assert sit.calls[0] == f"terraform apply {NEW}"
    assert updates == {service.name for service in sit.environment.services}
    assert sit.smoke.ran_at == [0.0, 10.0, 50.0, 100.0]


def test_production_is_backed_up_before_anything_is_applied(prod: World) -> None:
    assert promote(prod) is Outcome.DONE
    assert prod.is_wholly_on(NEW)
    assert prod.calls[:2] == ["start-backup-job bbws-customer-portal-orders-prod", f"terraform apply {NEW}"]
    steps = evidence.read(prod.directory / "evidence.json")["runs"][0]["steps"]
    (snapshot,) = [each["definitions"] for each in steps if "definitions" in each]
    assert {each["images"]["orders"].partition("@")[2] for each in snapshot.values()} == {OLD}
    assert len(snapshot) == len(prod.environment.services)


def test_the_failover_region_moves_at_once_and_the_first_one_in_steps(prod: World) -> None:
    promote(prod)
    assert [call.split()[-1] for call in prod.calls if "orders-api-" in call] == ["LINEAR", "BLUE_GREEN"]


def test_dev_has_no_alarms_and_is_released_all_the_same(tmp_path: Path) -> None:
    dev = World("dev", tmp_path)
    assert promote(dev) is Outcome.DONE
    assert dev.is_wholly_on(NEW)


def test_releasing_what_runs_already_changes_nothing(sit: World) -> None:
    promote(sit)
    calls = list(sit.calls)
    assert promote(sit) is Outcome.DONE
    assert sit.calls == calls


# Refused: nothing is changed.


def test_no_deployment_begins_while_a_rollback_alarm_stands(sit: World) -> None:
    sit.alarm()
    with pytest.raises(Refused, match="no rollback alarm stands: bbws-orders-sit-release-0 in eu-west-1"):
        promote(sit)
    assert (sit.calls, sit.is_wholly_on(OLD)) == ([], True)


def test_an_alarm_that_goes_off_while_the_backup_runs_is_noticed_before_the_apply(prod: World) -> None:
    prod.when(lambda: bool(prod.calls), prod.alarm)
    with pytest.raises(Refused, match="while an alarm stands"):
        promote(prod)
    assert prod.calls == ["start-backup-job bbws-customer-portal-orders-prod"]
    assert prod.is_wholly_on(OLD)


def test_what_is_deployed_while_the_backup_runs_is_noticed_before_the_apply(prod: World) -> None:
    prod.when(lambda: bool(prod.calls), lambda: bring_ahead(prod, "relay", NEXT))
    with pytest.raises(Refused, match=r"meanwhile; relay in af-south-1: SUCCESSFUL"):
        promote(prod)
    assert not any(each.startswith("terraform") for each in prod.calls)


def test_an_evening_that_comes_while_the_backup_runs_is_noticed_before_the_apply(prod: World) -> None:
    prod.when(lambda: bool(prod.calls), lambda: prod.clock.wait(6 * 3600))
    with pytest.raises(Refused, match="meanwhile; Monday"):
        promote(prod)
    assert not any(each.startswith("terraform") for each in prod.calls)


def test_all_is_looked_at_before_although_a_worker_has_the_digest_already(prod: World) -> None:
    bring_ahead(prod, "record-creator", NEW)
    prod.prepared.found.append(Check("certificate", ok=False, detail="expires tomorrow"))
    calls = list(prod.calls)
    with pytest.raises(Refused, match="certificate: expires tomorrow"):
        promote(prod)
    assert prod.calls == calls


def test_an_alarm_that_stands_at_the_end_is_told(sit: World) -> None:
    def alarm_at_the_end() -> bool:
        newest = sit.newest()
        return newest is not None and newest.status == "SUCCESSFUL"

    sit.when(alarm_at_the_end, sit.alarm)
    assert promote(sit) is Outcome.DONE
    assert "NOW STANDS: bbws-orders-sit-release-0 in eu-west-1" in sit.told[-1]


def test_a_deployment_that_begins_under_an_alarm_would_not_be_watched(sit: World) -> None:
    """Why it is refused: ECS would let the release through."""
    sit.alarm()
    api = sit.ecs["eu-west-1"]
    begun = api.update(
        sit.environment.api.name,
        api.register(sit.environment.api.name, NEW),
        {"strategy": "LINEAR", "step_percent": 10.0, "step_minutes": 5, "bake_minutes": 15},
    )
    sit.clock.wait(75 * 60)
    assert begun.status == "SUCCESSFUL"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("module.region.aws_dynamodb_table.this", "aws_dynamodb_table"),
        ('module.region.module.monitoring.aws_cloudwatch_metric_alarm.this["x"]', "aws_cloudwatch_metric_alarm"),
    ],
)
def test_a_plan_that_touches_more_is_refused(sit: World, address: str, kind: str) -> None:
    sit.terraform.more[address] = kind
    with pytest.raises(Refused, match="the plan is no release's: update module"):
        promote(sit)
    assert (sit.calls, sit.is_wholly_on(OLD)) == ([], True)


def test_a_smoke_test_that_fails_before_is_a_refusal(sit: World) -> None:
    sit.smoke.fails_at = {0.0}
    with pytest.raises(Refused, match="smoke test before: create answered 500"):
        promote(sit)
    assert sit.calls == []


def test_what_preflight_finds_is_a_refusal(sit: World) -> None:
    sit.prepared.found.append(Check("certificate in eu-west-1", ok=False, detail="ends 2026-03-09"))
    with pytest.raises(Refused, match="certificate in eu-west-1: ends"):
        promote(sit)
    assert sit.calls == []


def test_in_another_account_nothing_else_is_looked_at(sit: World) -> None:
    sit.prepared.found = [Check("account", ok=False, detail="536580886816; 815856636111 is wanted")]
    sit.ecs["eu-west-1"].out = True
    checks = sit.desk().preflight(NEW)
    assert {each.name for each in checks if each.ok is False} == {"account"}


def test_a_region_where_the_environment_is_not_set_up_is_a_refusal(sit: World) -> None:
    del sit.ecs["eu-west-1"].services["bbws-orders-relay-sit"]
    with pytest.raises(Refused, match="eu-west-1 has no service bbws-orders-relay-sit"):
        promote(sit)
    assert sit.calls == []


def test_a_failed_backup_is_a_refusal(prod: World) -> None:
    prod.backup.fails = True
    with pytest.raises(Refused, match="backup before the release is FAILED"):
        promote(prod)
    assert prod.is_wholly_on(OLD)


def test_production_is_released_in_business_hours_or_with_a_reason(prod: World) -> None:
    prod.clock.wait(6 * 3600)
    with pytest.raises(Refused, match="deploy window: Monday 16:00 in South Africa"):
        promote(prod)
    asked = Promotion(NEW, outside_window="a correction that can't wait")
    assert Promote(prod.desk()).execute(asked) is Outcome.DONE


def test_a_second_release_waits_for_the_first(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 30)
    with pytest.raises(Refused, match=f"under way already: api in eu-west-1: IN_PROGRESS, to {NEW}"):
        promote(sit, NEXT)


# Taken back.


def test_a_green_that_never_gets_healthy_is_aborted_after_75_minutes(sit: World) -> None:
    sit.ecs["eu-west-1"].unhealthy.add((sit.environment.api.name, NEW))
    assert promote(sit) is Outcome.ROLLED_BACK
    assert [call for call in sit.calls if call.startswith("stop")] == [
        f"stop-service-deployment {sit.environment.api.name}"
    ]
    stopped = sit.ecs["eu-west-1"].services[sit.environment.api.name].deployments[0]
    assert (stopped.stage, stopped.weight) == ("SCALE_UP", 0.0)
    assert stopped.status_since is not None
    assert 75 <= (stopped.status_since - stopped.created_at).total_seconds() / 60 < 77
    assert "not through 75 minutes" in sit.told[-1]
    assert sit.is_wholly_on(OLD)


def test_a_smoke_test_that_fails_at_10_percent_stops_the_deployment(sit: World) -> None:
    sit.smoke.fails_at = {10.0}
    assert promote(sit) is Outcome.ROLLED_BACK
    assert sit.smoke.ran_at == [0.0, 10.0]
    stops = [call for call in sit.calls if call.startswith("stop")]
    assert stops[0] == f"stop-service-deployment {sit.environment.api.name}"
    assert sit.calls[-1 - len(sit.environment.services)] == f"terraform apply {OLD} at once"
    assert sit.is_wholly_on(OLD)


def test_an_alarm_at_50_percent_is_acted_on_by_ecs_and_finished_by_the_tool(sit: World) -> None:
    sit.when(lambda: sit.weight() >= 50, sit.alarm)
    assert promote(sit) is Outcome.ROLLED_BACK
    assert not any(call == f"stop-service-deployment {sit.environment.api.name}" for call in sit.calls)
    assert "bbws-orders-sit-release-0" in sit.told[-1]
    assert sit.terraform.plans[-1] == (OLD, True)
    assert sit.is_wholly_on(OLD)


def test_an_alarm_in_bake_time_is_too(sit: World) -> None:
    sit.when(lambda: sit.stage() == "BAKE_TIME", sit.alarm)
    assert promote(sit) is Outcome.ROLLED_BACK
    assert sit.is_wholly_on(OLD)


def test_what_fails_in_one_region_is_taken_back_in_both(prod: World) -> None:
    prod.when(lambda: prod.weight() >= 10, lambda: prod.alarm("eu-west-1"))
    assert promote(prod) is Outcome.ROLLED_BACK
    assert f"stop-service-deployment {prod.environment.api.name}" in prod.calls
    assert prod.is_wholly_on(OLD)


def test_a_worker_that_does_not_start_takes_the_release_back(sit: World) -> None:
    sit.ecs["eu-west-1"].unhealthy.add(("bbws-orders-relay-sit", NEW))
    assert promote(sit) is Outcome.ROLLED_BACK
    assert "tasks failed to start" in sit.told[-1]
    assert sit.is_wholly_on(OLD)


def test_an_apply_that_fails_before_it_changes_anything_is_tried_once_more(sit: World) -> None:
    sit.terraform.fails = 1
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


def test_an_apply_that_goes_on_failing_ends_where_it_began(sit: World) -> None:
    sit.terraform.fails = 2
    assert promote(sit) is Outcome.ROLLED_BACK
    assert "terraform apply failed 2 times: AccessDenied" in sit.told[-1]
    assert sit.is_wholly_on(OLD)


def test_a_rollback_that_ecs_fails_at_needs_a_person(sit: World) -> None:
    sit.ecs["eu-west-1"].stuck.add(sit.environment.api.name)
    sit.smoke.fails_at = {10.0}
    with pytest.raises(PersonNeeded, match="ECS could not roll back: api in eu-west-1: ROLLBACK_FAILED"):
        promote(sit)


def test_a_digest_that_was_taken_back_is_released_again_only_when_asked_for(sit: World) -> None:
    sit.smoke.fails_at = {10.0}
    promote(sit)
    sit.smoke.fails_at = set()
    assert promote(sit) is Outcome.ROLLED_BACK
    assert promote(sit, NEXT) is Outcome.DONE
    with pytest.raises(Refused, match="was taken back before"):
        promote(sit)
    assert sit.is_wholly_on(NEXT)
    assert promote(sit, again=True) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


# Killed halfway, and started again.

POINTS: dict[str, Callable[[World], bool]] = {
    "before the API's tasks are healthy": lambda world: world.stage() == "SCALE_UP",
    "at 10 %": lambda world: world.weight() >= 10,
    "at 50 %": lambda world: world.weight() >= 50,
    "in bake time": lambda world: world.stage() == "BAKE_TIME",
    "while the old tasks go": lambda world: world.stage() == "CLEAN_UP",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_release_that_was_killed_goes_on_when_it_is_started_again(sit: World, point: str) -> None:
    killed_when(sit, lambda: POINTS[point](sit))
    applied = sit.calls.count(f"terraform apply {NEW}")
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)
    assert sit.calls.count(f"terraform apply {NEW}") == applied
    assert sit.smoke.ran_at[-1] == 100.0


@pytest.mark.parametrize("point", [point for point in POINTS if point != "while the old tasks go"])
def test_a_release_that_was_killed_and_failed_meanwhile_is_taken_back(sit: World, point: str) -> None:
    killed_when(sit, lambda: POINTS[point](sit))
    sit.alarm()
    sit.clock.wait(3600)
    assert promote(sit) is Outcome.ROLLED_BACK
    assert sit.is_wholly_on(OLD)


@pytest.mark.parametrize("seconds", [60, 150, 400, 1100])
def test_a_release_that_was_killed_while_it_went_back_ends_there(sit: World, seconds: int) -> None:
    sit.smoke.fails_at = {10.0}
    began: list[float] = []
    sit.when(
        lambda: any(call.startswith("stop") for call in sit.calls), lambda: began.append(sit.clock.now().timestamp())
    )
    sit.when(lambda: bool(began) and sit.clock.now().timestamp() - began[0] >= seconds, sit.kill)
    with pytest.raises(Killed):
        promote(sit)
    sit.terraform.die(keeping_lock=False)
    sit.smoke.fails_at = set()
    assert roll_back(sit) is Outcome.DONE
    assert sit.is_wholly_on(OLD)


def test_a_release_that_was_killed_before_the_apply_begins_anew(prod: World) -> None:
    killed_when(prod, lambda: bool(prod.calls))
    assert promote(prod) is Outcome.DONE
    assert prod.is_wholly_on(NEW)


def test_the_lock_of_one_who_died_is_never_taken_and_the_rest_goes_on_after_it(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 50, keeping_lock=True)
    with pytest.raises(StateLocked, match="somebody who died"):
        promote(sit)
    assert sit.digests() == {NEW}
    sit.terraform.locked_by = None  # a person: terraform force-unlock
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


def test_an_interruption_has_everything_rolled_back_and_the_next_run_finishes_it(sit: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    sit.when(lambda: sit.weight() >= 30, interrupt)
    with pytest.raises(KeyboardInterrupt):
        promote(sit)
    assert promote(sit) is Outcome.ROLLED_BACK
    assert sit.is_wholly_on(OLD)


@pytest.mark.parametrize("minutes", [3, 9])
def test_an_outage_of_aws_is_borne_with(sit: World, minutes: int) -> None:
    ecs = sit.ecs["eu-west-1"]
    until: list[datetime] = []

    def begin() -> None:
        ecs.out = True
        until.append(sit.clock.now() + timedelta(minutes=minutes))

    def end() -> None:
        ecs.out = False

    sit.when(lambda: sit.weight() >= 30, begin)
    sit.when(lambda: bool(until) and sit.clock.now() >= until[0], end)
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


def test_an_outage_that_lasts_ends_the_command_and_not_the_release(sit: World) -> None:
    ecs = sit.ecs["eu-west-1"]

    def begin() -> None:
        ecs.out = True

    sit.when(lambda: sit.weight() >= 30, begin)
    with pytest.raises(CloudFailed, match="ServerException"):
        promote(sit)
    ecs.out = False
    assert sit.stage() == "PRODUCTION_TRAFFIC_SHIFT"
    assert promote(sit) is Outcome.DONE
    assert sit.is_wholly_on(NEW)


# Evidence.


def test_the_record_tells_what_ran_when_and_how_it_ended(sit: World) -> None:
    killed_when(sit, lambda: sit.weight() >= 10)
    promote(sit)
    kept = evidence.read(sit.directory / "evidence.json")
    first, second = kept["runs"]
    assert (first["outcome"], second["outcome"]) == (None, "DONE")
    told = [each["what"] for each in second["steps"]]
    assert "smoke at 100 %: passed" in told
    page = evidence.page(kept)
    assert "# Releases to sit" in page
    assert "by tester" in page
    assert "it has not ended, or was killed" in page


def test_two_commands_keep_one_record(sit: World) -> None:
    ended: list[Outcome] = []
    sit.when(lambda: sit.weight() >= 50, lambda: ended.append(roll_back(sit)))
    promote(sit)
    release, rollback = evidence.read(sit.directory / "evidence.json")["runs"]
    assert (release["outcome"], rollback["outcome"]) == ("ROLLED_BACK", "DONE")
    assert "rollback" in str(rollback["steps"])
    assert "going back" in [each["what"] for each in release["steps"]]


def test_a_release_does_not_end_because_its_record_cannot_be_kept(sit: World) -> None:
    record = sit.directory / "evidence.json"

    def lose_it() -> None:
        record.unlink()
        record.mkdir()

    sit.when(lambda: sit.weight() >= 10, lose_it)
    desk = sit.desk()
    assert Promote(desk).execute(Promotion(NEW)) is Outcome.DONE
    assert sit.is_wholly_on(NEW)
    assert desk.evidence.fault == f"{record} is no file"
