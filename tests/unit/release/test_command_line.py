"""``python -m deploy.release``: exit codes, one message, JSON for workflows."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.release.assembly import Options, smoke_of, terraform_of
from deploy.release.cli import app_of
from deploy.release.desk import Desk
from deploy.release.evidence import Evidence, page, read, report_of
from deploy.release.figures import Environment, environment
from deploy.release.model import Outcome, Refused, Service
from deploy.release.smoke import SmokeCommands
from tests.unit.release.world import NEW, OLD, World


@pytest.fixture
def command(sit: World) -> Callable[..., Result]:
    """Runs a command on the world ``sit``."""

    def make(_environment: Environment, options: Options, tell: Callable[[str], None]) -> Desk:
        sit.told = _Telling(tell)
        assert options.command
        return sit.desk()

    return lambda *arguments: CliRunner().invoke(app_of(make), [*arguments])


class _Telling(list[str]):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, words: str) -> None:
        super().append(words)
        self._tell(words)


def outcome(result: Result) -> dict[str, object]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found: dict[str, object] = json.loads(result.stdout)
    assert found["exit_code"] == result.exit_code
    return found


def test_a_release_ends_with_0(command: Callable[..., Result], sit: World) -> None:
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert found == {
        "outcome": "DONE",
        "exit_code": 0,
        "says": f"every service runs {NEW}",
        "evidence": str(sit.directory / "evidence.json"),
    }


def test_a_release_that_was_taken_back_ends_with_1(command: Callable[..., Result], sit: World) -> None:
    sit.smoke.fails_at = {10.0}
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert (found["outcome"], found["exit_code"]) == ("ROLLED_BACK", 1)
    assert found["says"] == f"back on {OLD}: smoke at 10 %: create answered 500"


def test_a_refusal_ends_with_2_and_one_message(command: Callable[..., Result], sit: World) -> None:
    sit.alarm()
    result = command("promote", "--env", "sit", "--digest", NEW)
    assert result.exit_code == Outcome.REFUSED
    assert [line for line in result.stderr.splitlines() if line.startswith("refused: ")] == [
        "refused: no rollback alarm stands: bbws-orders-sit-release-0 in eu-west-1"
    ]
    assert "Traceback" not in result.output
    assert read(sit.directory / "evidence.json")["runs"][0]["outcome"] == "REFUSED"


def test_what_needs_a_person_ends_with_3(command: Callable[..., Result], sit: World) -> None:
    sit.terraform.locked_by = "somebody who died"
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert (found["outcome"], found["exit_code"]) == ("NEEDS_PERSON", 3)
    assert "somebody who died" in str(found["says"])


def test_a_mistake_of_the_tools_is_never_taken_for_a_rollback(command: Callable[..., Result], sit: World) -> None:
    def break_down() -> None:
        raise ZeroDivisionError("of the tool")

    sit.when(lambda: sit.weight() >= 10, break_down)
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert (found["exit_code"], found["says"]) == (3, "unforeseen, ZeroDivisionError: of the tool")


def test_a_workflow_that_is_cancelled_ends_with_130_and_has_it_rolled_back(
    command: Callable[..., Result], sit: World
) -> None:
    sit.when(lambda: sit.weight() >= 10, lambda: os.kill(os.getpid(), signal.SIGTERM))
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert (found["outcome"], found["exit_code"]) == ("INTERRUPTED", 130)
    assert f"stop-service-deployment {sit.environment.api.name}" in sit.calls
    found = outcome(command("promote", "--env", "sit", "--digest", NEW, "--json"))
    assert found["outcome"] == "ROLLED_BACK"
    assert sit.is_wholly_on(OLD)


def test_preflight_lists_every_check(command: Callable[..., Result], sit: World) -> None:
    result = command("preflight", "--env", "sit", "--digest", NEW)
    assert result.exit_code == Outcome.DONE
    assert "good     no rollback alarm stands: none of them stands" in result.stderr
    sit.alarm()
    result = command("preflight", "--env", "sit", "--digest", NEW)
    assert result.exit_code == Outcome.REFUSED
    assert "REFUSED  no rollback alarm stands: bbws-orders-sit-release-0" in result.stderr
    assert sit.calls == []


def test_a_plan_is_shown_and_judged(command: Callable[..., Result], sit: World) -> None:
    result = command("plan", "--env", "sit", "--digest", NEW)
    assert (result.exit_code, "changes, all of them a release's" in result.stderr) == (0, True)
    sit.terraform.more["module.region.aws_sqs_queue.this"] = "aws_sqs_queue"
    result = command("plan", "--env", "sit", "--digest", NEW)
    assert (result.exit_code, "update module.region.aws_sqs_queue.this" in result.stderr) == (2, True)
    assert sit.calls == []


def test_status_names_every_service(command: Callable[..., Result], sit: World) -> None:
    sit.alarm()
    result = command("status", "--env", "sit")
    assert result.exit_code == 0
    assert sum(OLD[:19] in line for line in result.stderr.splitlines()) == len(sit.environment.services) + 1
    assert "stands: bbws-orders-sit-release-0 in eu-west-1" in result.stderr
    found = outcome(command("status", "--env", "sit", "--json"))
    assert found["digest"] == OLD
    assert found["services"] == {str(service): OLD for service in sit.environment.services}


def test_rollback_and_abort_are_commands_too(command: Callable[..., Result], sit: World) -> None:
    command("promote", "--env", "sit", "--digest", NEW)
    assert command("abort", "--env", "sit").exit_code == 0
    assert sit.is_wholly_on(NEW)
    assert command("rollback", "--env", "sit", "--reason", "wrong amounts").exit_code == 0
    assert sit.is_wholly_on(OLD)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("promote", "--env", "sit", "--digest", "latest"), "latest: a digest is sha256: and 64"),
        (("promote", "--env", "moon", "--digest", NEW), "moon: the environments are dev, sit, prod"),
        (("rollback", "--env", "sit", "--reason", "x", "--to", "v1"), "v1: a digest is"),
        (("evidence", "nowhere.json"), "nowhere.json: no evidence is there"),
        (("evidence", "."), ". is no file"),
        (("rollback", "--env", "sit", "--reason", " "), "a rollback has a reason"),
    ],
)
def test_what_is_mistyped_is_refused(command: Callable[..., Result], arguments: tuple[str, ...], words: str) -> None:
    result = command(*arguments)
    assert result.exit_code == Outcome.REFUSED
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_the_record_is_printed_as_a_page(command: Callable[..., Result], sit: World) -> None:
    command("promote", "--env", "sit", "--digest", NEW)
    result = command("evidence", str(sit.directory / "evidence.json"))
    assert result.exit_code == 0
    assert "# Releases to sit" in result.stdout
    assert f"every service runs {NEW}" in result.stdout


def test_a_record_names_links_and_reports_with_their_checksums(sit: World, tmp_path: Path) -> None:
    report = tmp_path / "uat.xml"
    report.write_text("<testsuite/>")
    about: dict[str, object] = {"environment": "sit", "command": "promote", "digest": NEW, "by": "deployer"}
    about |= {"links": {"change request": "https://example.org/CR-1"}, "reports": [report_of(report)]}
    Evidence(tmp_path / "record.json", sit.clock, about).end(Outcome.DONE, "released")
    found = page(read(tmp_path / "record.json"))
    assert "- change request: https://example.org/CR-1" in found
    assert "- report uat.xml, sha256 " in found
    with pytest.raises(Refused, match="can't be read"):
        report_of(tmp_path / "none.xml")


def test_a_record_of_another_environment_is_not_added_to(sit: World, tmp_path: Path) -> None:
    Evidence(tmp_path / "record.json", sit.clock, {"environment": "prod", "command": "x", "by": "y"})
    with pytest.raises(Refused, match="evidence of prod, not of sit"):
        Evidence(tmp_path / "record.json", sit.clock, {"environment": "sit", "command": "x", "by": "y"})
    (tmp_path / "record.json").write_text("[]")
    with pytest.raises(Refused, match="is no evidence"):
        read(tmp_path / "record.json")
    (tmp_path / "record.json").write_text('{"environment": "sit", "runs": [{"by": "y"}]}')
    with pytest.raises(Refused, match="a run of it lacks"):
        page(read(tmp_path / "record.json"))
    with pytest.raises(Refused, match="can't be kept there"):
        Evidence(tmp_path / "record.json" / "below.json", sit.clock, {"environment": "sit", "command": "x", "by": "y"})


def test_a_record_that_could_not_be_kept_is_told_and_the_exit_code_stays(
    command: Callable[..., Result], sit: World
) -> None:
    def lose_it() -> None:
        (sit.directory / "evidence.json").unlink()
        (sit.directory / "evidence.json").mkdir()

    sit.when(lambda: sit.weight() >= 10, lose_it)
    result = command("promote", "--env", "sit", "--digest", NEW)
    assert result.exit_code == Outcome.DONE
    assert "the record is not complete: " in result.stderr


# What the tool is put together from.


def test_figures_are_those_of_the_operating_plan() -> None:
    prod = environment("prod")
    assert prod.account == "093646564004"
    assert prod.api == Service("af-south-1", "api", "prod")
    assert len(prod.services) == 16
    assert prod.domains["eu-west-1"] == ("api.bbws.io", "api.kimmyai.io", "api-dr.bbws.io")
    assert (prod.release_alarms, environment("dev").release_alarms) == (6, 0)
    assert (prod.backup_days, environment("sit").backup_days) == (90, None)
    assert (prod.business_hours, environment("sit").business_hours) == (True, False)
    assert prod.control_table == "bbws-orders-control-prod"
    assert len(prod.queues) == 12
    assert prod.abort_after.total_seconds() == 75 * 60


def test_the_passive_region_is_only_read_by_the_smoke_test() -> None:
    first, second = smoke_of(environment("prod"), ())
    assert first[1:] == ["smoke", "--base-url", "https://api.bbws.io", "--env", "prod", "--json"]
    assert second[3] == "https://api-dr.bbws.io"
    assert second[-1] == "--read-only"
    assert smoke_of(environment("prod"), ["pytest tests/smoke -q"]) == [["pytest", "tests/smoke", "-q"]]
    with pytest.raises(Refused, match="--smoke: no command of a shell"):
        smoke_of(environment("prod"), ["sh -c 'exit"])


def test_a_file_of_variables_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not there: "):
        terraform_of(environment("sit"), Options("plan", var_files=(tmp_path / "no.tfvars",)), tmp_path)


def test_the_smoke_test_is_a_command() -> None:
    assert SmokeCommands([["true"], ["true"]]).run().passed
    failed = SmokeCommands([["sh", "-c", "echo step create failed >&2; exit 1"], ["true"]]).run()
    assert (failed.passed, failed.detail) == (False, "exit code 1: step create failed")
    report = (
        '{"steps": [{"name": "health", "state": "failed", "detail": "503"}, {"name": "create", "state": "not run"}]}'
    )
    assert SmokeCommands([["sh", "-c", f"echo '{report}'; exit 1"]]).run().detail == "exit code 1: health: 503"
    assert "No such file" in SmokeCommands([["no-such-command"]]).run().detail
    assert "not through" in SmokeCommands([["sleep", "30"]], within_seconds=0.05).run().detail
