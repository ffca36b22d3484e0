"""The commands of the workflows: images by their digest, tags that stay, the channel, costs, settings on GitHub."""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from deploy.release.cli import app_of
from deploy.release.figures import environment
from deploy.release.model import Refused
from deploy.workflows import chat, images, settings, spending, tags
from deploy.workflows.cli import COMMANDS, REFUSED, _parser, main
from deploy.workflows.commands import Done, asked, run
from orders import __version__
from tests.unit.workflows.programs import Programs
from tests.unit.workflows.reading import workflows

REPOSITORY = "bbws/bbws-orders"
DIGEST = "sha256:" + "a" * 64
COMMIT = "c" * 40
DESCRIBE = "aws ecr describe-images --region"
MISSING = Done(254, err="An error occurred (ImageNotFoundException) when calling the DescribeImages operation")


class Registry:
    """A registry that has an image once it was copied there, under the digest that was copied.

    Prod's other region has it when it was looked for there ``late`` times.
    """

    def __init__(self, *, there: bool = False, arrives: bool = True, late: int = 0) -> None:
        self.there, self.arrives, self.late = there, arrives, late
        self.programs = Programs(
            {
                "aws ecr get-login-password": Done(0, "secret"),
                "skopeo login": Done(0),
                "skopeo copy": self._copy,
                DESCRIBE: self._describe,
            }
        )

    def _describe(self, command: Sequence[str]) -> Done:
        copy_of_prod = {"eu-west-1", environment("prod").account} <= set(command)
        if copy_of_prod and self.there and self.late > 0:
            self.late -= 1
            return MISSING
        return Done(0, "{}") if self.there else MISSING

    def _copy(self, _: object) -> Done:
        self.there = self.arrives
        return Done(0)


def never(seconds: float) -> None:
    raise AssertionError(f"nothing is to be waited for, and {seconds} seconds were")


def test_an_image_is_waited_for_in_the_other_region() -> None:
    waited: list[float] = []
    registry = Registry(late=3)
    assert images.copy(registry.programs, "prod", "sit", DIGEST, "release-a", waited.append)
    assert waited == [15.0, 15.0, 15.0]
    with pytest.raises(Refused, match="is not in eu-west-1 30 minutes after it was in af-south-1"):
        images.copy(Registry(there=True, late=1000).programs, "prod", "sit", DIGEST, "release-a", waited.append)


def test_an_image_is_copied_whole_and_by_its_digest_from_the_environment_before() -> None:
    registry = Registry()
    assert images.copy(registry.programs, "prod", "sit", DIGEST, "release-a", never)
    (copied,) = [each for each in registry.programs.ran if each.startswith("skopeo copy")]
    assert copied == (
        "skopeo copy --all --preserve-digests "
        f"docker://815856636111.dkr.ecr.eu-west-1.amazonaws.com/bbws-orders@{DIGEST} "
        "docker://093646564004.dkr.ecr.af-south-1.amazonaws.com/bbws-orders:release-a"
    )


def test_a_password_is_given_on_standard_input_and_never_an_argument() -> None:
    registry = Registry()
    images.copy(registry.programs, "sit", "dev", DIGEST, "release-a", never)
    assert not any("secret" in each for each in registry.programs.ran)
    assert registry.programs.given.count("secret") == 2


def test_an_image_that_is_there_is_not_copied_again() -> None:
    registry = Registry(there=True)
    assert not images.copy(registry.programs, "prod", "sit", DIGEST, "release-a", never)
    assert [each.split()[4] for each in registry.programs.ran] == ["af-south-1", "eu-west-1"]


def test_an_image_that_has_another_digest_afterwards_is_refused() -> None:
    with pytest.raises(Refused, match="not in the registry"):
        images.copy(Registry(arrives=False).programs, "prod", "sit", DIGEST, "release-a", never)


def test_a_registry_that_does_not_answer_is_not_an_empty_one() -> None:
    with pytest.raises(Refused, match="can't be read"):
        images.copy(Programs({DESCRIBE: Done(255, err="AccessDenied")}), "prod", "sit", DIGEST, "release-a", never)


def test_an_archive_is_pushed_by_the_digest_that_was_built(tmp_path: Path) -> None:
    registry = Registry()
    assert images.push(registry.programs, "dev", tmp_path / "image.tar", DIGEST, "git-a", never)
    assert f"oci-archive:{tmp_path}/image.tar docker://536580886816" in registry.programs.ran[3]


@pytest.mark.parametrize("digest", ["", "latest", "sha256:abc", DIGEST + "\n", DIGEST.upper()])
def test_what_is_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    with pytest.raises(Refused):
        images.copy(Registry().programs, "prod", "sit", digest, "release-a", never)
    (tmp_path / "image.json").write_text(json.dumps({"containerimage.digest": digest}))
    with pytest.raises(Refused):
        images.digest_of(tmp_path / "image.json")


def test_the_digest_is_what_buildx_wrote(tmp_path: Path) -> None:
    (tmp_path / "image.json").write_text(json.dumps({"containerimage.digest": DIGEST}))
    assert images.digest_of(tmp_path / "image.json") == DIGEST
    with pytest.raises(Refused):
        images.digest_of(tmp_path / "none.json")


def refs(**found: str) -> Programs:
    listed = [{"ref": f"refs/tags/{name}", "object": {"sha": sha}} for name, sha in found.items()]
    return Programs(
        {
            f"gh api repos/{REPOSITORY}/git/matching-refs/tags/": Done(0, json.dumps(listed)),
            "gh api --method POST": Done(0, "{}"),
        }
    )


def test_a_release_is_tagged_with_version_and_environment() -> None:
    asks = refs()
    assert tags.put(asks, "prod", REPOSITORY, COMMIT) == f"v{__version__}-prod"
    assert json.loads(asks.given[-1] or "") == {"ref": f"refs/tags/v{__version__}-prod", "sha": COMMIT}


def test_a_tag_stays_where_it_is() -> None:
    name = f"v{__version__}-sit"
    again = refs(**{name: COMMIT})
    assert tags.put(again, "sit", REPOSITORY, COMMIT) == name
    assert len(again.ran) == 1
    for command in (tags.put, tags.check):
        with pytest.raises(Refused, match="raise the version"):
            command(refs(**{name: "d" * 40}), "sit", REPOSITORY, COMMIT)


def test_a_tag_that_only_begins_alike_is_another() -> None:
    assert not tags.check(refs(**{f"v{__version__}-sit-2": "d" * 40}), "sit", REPOSITORY, COMMIT)
    with pytest.raises(Refused):
        tags.name_of("dev")


def told(needs: str = "", address: str = "https://hooks.example/T1") -> list[str]:
    sent: list[str] = []
    variables = {
        "NEEDS": needs, "CHAT_WEBHOOK_URL": address, "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_RUN_ID": "7",
    }  # fmt: skip
    post = lambda _, body: sent.append(json.loads(body)["text"])  # noqa: E731
    assert chat.main(["--about", "promote-prod"], variables, post) == 0
    return sent


def test_the_channel_is_told_how_a_run_ended_and_where_to_read_on() -> None:
    well = json.dumps({"take": {"result": "success"}, "release": {"result": "success"}})
    bad = json.dumps({"take": {"result": "success"}, "release": {"result": "failure"}, "tag": {"result": "cancelled"}})
    where = f"https://github.com/{REPOSITORY}/actions/runs/7"
    assert told(well) == [f"promote-prod ended well {where}"]
    assert told(bad) == [f"promote-prod ended not well: release failure, tag cancelled {where}"]
    assert told() == [f"promote-prod begins {where}"]


def test_a_channel_that_is_out_of_reach_fails_nothing_and_its_address_is_not_said() -> None:
    def lost(_: str, __: bytes) -> None:
        raise OSError("https://hooks.example/T1 refused")

    assert chat.tell("https://hooks.example/T1", "text", lost) == "the channel could not be told: OSError"
    assert "nobody was told" in chat.tell("", "text", lost)
    assert "not https" in chat.tell("http://hooks.example/T1", "text", lost)
    assert "not https" in chat.tell("file:///etc/passwd", "text", lost)


def test_chat_needs_nothing_that_must_be_installed() -> None:
    done = run([sys.executable, "-S", "-m", "deploy.workflows.chat", "--about", "x"])
    assert (done.code, done.out) == (0, "no webhook is configured: nobody was told\n")


BUDGET: Mapping[str, Any] = {
    "BudgetLimit": {"Amount": "5000.0", "Unit": "USD"},
    "CalculatedSpend": {"ActualSpend": {"Amount": "1250.5"}, "ForecastedSpend": {"Amount": "5100"}},
}


def test_the_cost_report_has_budget_spent_and_forecast() -> None:
    asks = Programs({"aws budgets describe-budget": Done(0, json.dumps({"Budget": BUDGET}))})
    assert "| 5,000.00 | 1,250.50 (25%) | 5,100.00 (102%) |" in spending.report(asks, "prod")
    assert "--account-id 093646564004" in asks.ran[0]
    assert asks.ran[0].endswith("--budget-name bbws-orders-prod")


def test_a_month_that_has_just_begun_has_no_forecast() -> None:
    early = {**BUDGET, "CalculatedSpend": {"ActualSpend": {"Amount": "0"}}}
    assert "not known yet" in spending.page("prod", early)
    with pytest.raises(Refused):
        spending.page("prod", {"BudgetLimit": {}})


def github(**rulesets: int) -> Programs:
    listed = [{"name": name.replace("_", " "), "id": number} for name, number in rulesets.items()]
    return Programs(
        {
            "gh api orgs/bbws/teams/": Done(0, '{"id": 42}'),
            f"gh api repos/{REPOSITORY}/rulesets": Done(0, json.dumps(listed)),
            f"gh api repos/{REPOSITORY}/environments/": Done(1, err="Not Found"),
            f"gh api repos/{REPOSITORY}/environments/dev-lead-developer/": Done(
                0, json.dumps({"branch_policies": [{"name": "develop"}]})
            ),
            "gh api --method": Done(0, "{}"),
        }
    )


def test_settings_are_shown_and_nothing_is_changed() -> None:
    asks = github()
    shown = settings.apply(settings.read(), asks, really=False)
    assert not any("--method" in each for each in asks.ran)
    assert len(shown) > 20


def test_settings_are_applied_call_by_call() -> None:
    asks = github(branches_that_release=3)
    settings.apply(settings.read(), asks, really=True)
    sent = {
        each.removeprefix("gh api --method ").removesuffix(" --input -"): json.loads(given or "null")
        for each, given in zip(asks.ran, asks.given, strict=True)
        if "--method" in each
    }
    base = f"repos/{REPOSITORY}"
    assert sent[f"PUT {base}/environments/prod-tech-lead"] == {
        "wait_timer": 0,
        "prevent_self_review": True,
        "reviewers": [{"type": "Team", "id": 42}],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    assert sent[f"PUT {base}/environments/prod-release"]["wait_timer"] == 30
    assert sent[f"PUT {base}/environments/prod-release"]["reviewers"] is None
    assert sent[f"POST {base}/environments/prod-release/deployment-branch-policies"]["name"] == "main"
    assert f"POST {base}/environments/dev-lead-developer/deployment-branch-policies" not in sent
    assert {f"PUT {base}/rulesets/3", f"POST {base}/rulesets"} <= set(sent)


def test_a_team_that_is_not_there_is_refused() -> None:
    asks = Programs({"gh api orgs/": Done(1, err="Not Found")})
    with pytest.raises(Refused, match="Not Found"):
        settings.apply(settings.read(), asks, really=False)


def test_a_program_that_fails_or_is_not_there_is_refused_with_what_it_said() -> None:
    with pytest.raises(Refused, match="exit code 3: gone"):
        asked(run, [sys.executable, "-c", "import sys; sys.stderr.write('gone'); sys.exit(3)"])
    with pytest.raises(Refused, match="no JSON"):
        asked(run, [sys.executable, "-c", "print('x')"])
    with pytest.raises(Refused):
        run(["no-such-program"])
    assert run([sys.executable, "-c", "import sys; print(sys.stdin.read())"], "given").out == "given\n"


def test_a_refusal_is_one_message_and_exit_code_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["request", "--env", "prod", "--digest", DIGEST, "--phrase", "yes"]
    assert main(arguments, Programs({}), {}) == REFUSED
    assert capsys.readouterr().err == "refused: the phrase for prod is APPROVE-PROD, and nothing else\n"


def test_a_step_hands_on_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "image.json").write_text(json.dumps({"containerimage.digest": DIGEST}))
    variables = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    assert main(["digest", str(tmp_path / "image.json")], Programs({}), variables) == 0
    assert (tmp_path / "output").read_text() == f"digest={DIGEST}\n"
    links = ["--link", "test results=https://docs.bbws.example/1"]
    arguments = ["request", "--env", "sit", "--digest", DIGEST, "--phrase", "approve", *links]
    assert main(arguments, Programs({}), variables) == 0
    assert "https://docs.bbws.example/1" in (tmp_path / "summary").read_text()
    assert capsys.readouterr().err == ""


def test_an_image_that_is_copied_gets_a_tag_that_the_registry_keeps() -> None:
    registry = Registry()
    assert main(["copy", "--env", "prod", "--digest", DIGEST], registry.programs, {}) == 0
    assert any(each.endswith("bbws-orders:release-aaaaaaaaaaaaaaaa") for each in registry.programs.ran)


def test_approvals_are_asked_of_this_run() -> None:
    names = settings.approver_environments("sit")
    reviews = [{"environments": [{"name": name}], "user": {"login": name}, "state": "approved"} for name in names]
    asks = Programs({f"gh api repos/{REPOSITORY}/actions/runs/7/approvals": Done(0, json.dumps(reviews))})
    variables = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_RUN_ID": "7", "GITHUB_ACTOR": "dan"}
    assert main(["approved", "--env", "sit"], asks, variables) == 0
    assert main(["approved", "--env", "sit"], asks, {**variables, "GITHUB_ACTOR": "sit-qa-lead"}) == REFUSED


def options_of(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    (commands,) = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return {
        name: {option for each in command._actions for option in each.option_strings}
        for name, command in commands.choices.items()
    }


def released() -> dict[str, set[str]]:
    group = typer.main.get_command(app_of())
    assert isinstance(group, TyperGroup)
    return {name: {o for each in command.params for o in each.opts} for name, command in group.commands.items()}


@pytest.mark.parametrize(
    ("tool", "known"),
    [("deploy.workflows", options_of(_parser())), ("deploy.release", released())],
    ids=["workflows", "release"],
)
def test_what_workflows_type_is_what_the_tools_have(tool: str, known: dict[str, set[str]]) -> None:
    typed = [
        found
        for each in workflows()
        for job in each.jobs.values()
        for command in job.runs()
        for found in re.findall(rf"-m {re.escape(tool)} ([a-z]+)([^&|]*)", command)
    ]
    assert typed
    for name, arguments in typed:
        assert set(re.findall(r"(?<!\S)--[a-z-]+", arguments)) <= known[name], f"{name} {arguments}"
    if tool == "deploy.workflows":
        # `settings` is typed by people.
        assert {name for name, _ in typed} == set(COMMANDS) - {"settings"} == set(known) - {"settings"}
