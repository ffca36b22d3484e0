"""The workflows keep the rules, and each rule refuses a workflow that breaks it ([OPS-8], [SEC-8])."""

import json
import re

import pytest

from tests.unit.workflows.broken import BROKEN, Broken
from tests.unit.workflows.reading import DIRECTORY, ROOT, Workflow, texts, workflows
from tests.unit.workflows.rules import ENVIRONMENTS, PLAN, RULES, SETTINGS, roles_named, touches_production

TEXTS = texts()
WORKFLOWS = workflows()
PROD = "promote-prod.yml"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.file)
def test_a_workflow_keeps_the_rule(workflow: Workflow, rule: str) -> None:
    assert list(RULES[rule](workflow)) == []


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_rule_refuses_a_workflow_that_breaks_it(broken: Broken) -> None:
    text = TEXTS[broken.file]
    assert broken.old in text, "what is to be changed is not there"
    assert list(RULES[broken.rule](Workflow.of(broken.file, text.replace(broken.old, broken.new)))) != []


def test_every_rule_is_seen_to_refuse() -> None:
    assert {each.rule for each in BROKEN} == set(RULES)


def test_the_workflows_that_were_asked_for_are_there() -> None:
    assert set(TEXTS) == {
        "validate.yml", "deploy-dev.yml", "promote-sit.yml", "promote-prod.yml", "rollback-prod.yml", "dr-drill.yml",
        "cost-report.yml",
    }  # fmt: skip


def test_production_is_reached_by_these_ways_only() -> None:
    ways = {(each.file, job.name) for each in WORKFLOWS for job in each.jobs.values() if touches_production(job)}
    assert ways == {
        (PROD, "release"), ("rollback-prod.yml", "rollback"), ("dr-drill.yml", "prod"), ("cost-report.yml", "prod"),
    }  # fmt: skip


def test_environments_on_github_are_those_of_the_operating_plan() -> None:
    for name in ("dev", "sit", "prod"):
        figures = PLAN[name]
        wanted = [f"{name}-{each.lower().replace(' ', '-')}" for each in figures["approvers"]]
        entries = {each: entry for each, entry in ENVIRONMENTS.items() if entry["environment"] == name}
        assert [each for each, entry in entries.items() if entry["approves"]] == wanted
        for each in wanted:
            # One team each, so that each approver is asked: an environment needs only one of its reviewers.
            assert entries[each]["reviewers"] == [each.removeprefix(f"{name}-")]
            assert entries[each]["prevent_self_review"] is True
            assert entries[each]["branches"] == [figures["branch"]]
        for each, entry in entries.items():
            assert entry["role"] is None or f"::{figures['account']}:" in entry["role"], each
            assert entry["branches"] in ([figures["branch"]], ["main"]), each
    release = ENVIRONMENTS["prod-release"]
    assert release["wait_minutes"] == PLAN["prod"]["wait_minutes_before_deploy"]
    assert release["branches"] == [PLAN["prod"]["branch"]]


def test_no_environment_on_github_with_a_way_to_change_is_open_to_everybody() -> None:
    unasked = {each for each, entry in ENVIRONMENTS.items() if entry["role"] and not entry["reviewers"]}
    assert unasked == {"prod-release", "dev-report", "sit-report", "prod-report"}
    assert {each for each, entry in ENVIRONMENTS.items() if not entry["prevent_self_review"]} == {"prod-rollback"}


def test_workflows_enter_every_environment_and_take_every_role_that_the_settings_name() -> None:
    entered = {job.environment for each in WORKFLOWS for job in each.jobs.values()} - {None}
    assert entered == set(ENVIRONMENTS)
    named = set().union(*(roles_named(each) for each in WORKFLOWS))
    assert named == {entry["role"] for entry in ENVIRONMENTS.values() if entry["role"]}


def test_a_change_needs_two_approvals_of_code_owners_and_every_check() -> None:
    (branches, tags) = SETTINGS["rulesets"]
    wanted = {f"refs/heads/{PLAN[name]['branch']}" for name in ("dev", "sit", "prod")}
    assert set(branches["conditions"]["ref_name"]["include"]) == wanted
    rules = {each["type"]: each.get("parameters", {}) for each in branches["rules"]}
    assert rules["pull_request"]["required_approving_review_count"] == 2
    assert rules["pull_request"]["require_code_owner_review"]
    checks = {each["context"] for each in rules["required_status_checks"]["required_status_checks"]}
    (validate,) = [each for each in WORKFLOWS if each.file == "validate.yml"]
    assert checks == set(validate.jobs)
    assert {each["type"] for each in tags["rules"]} >= {"update", "deletion"}
    assert not any(each["bypass_actors"] for each in SETTINGS["rulesets"])


def test_every_path_that_releases_has_an_owner() -> None:
    lines = (ROOT / ".github/CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = {line.split()[0]: line.split()[1:] for line in lines if line and not line.startswith("#")}
    teams = {team for entry in ENVIRONMENTS.values() for team in entry["reviewers"]}
    owner = SETTINGS["repository"]["name"].partition("/")[0]
    for path in ("*", "/.github/", "/deploy/", "/Dockerfile", "/requirements/"):
        assert owned[path], path
        assert {each.removeprefix(f"@{owner}/") for each in owned[path]} <= teams, path
    for path in owned:
        assert path == "*" or (ROOT / path.strip("/")).exists(), path


def test_makes_targets_are_there() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    typed = {
        target
        for each in WORKFLOWS
        for job in each.jobs.values()
        for run in job.runs()
        for words in re.findall(r"(?:^|\s)make ((?:[a-z-]+ ?)+)", run)
        for target in words.split()
    }
    assert len(typed) >= 10
    assert typed <= targets


def test_where_each_pin_was_seen_is_written_down() -> None:
    """Hash by hash: an action that is new or newer needs its row."""
    page = (ROOT / "docs/adr/0061-workflows-decide-nothing.md").read_text(encoding="utf-8")
    used = {
        found for text in TEXTS.values() for found in re.findall(r"uses: ([\w./-]+@[0-9a-f]{40}) # (v[\d.]+)", text)
    }
    everything = sum(len(re.findall(r"uses: (?!\./)", text)) for text in TEXTS.values())
    assert (
        sum(len(re.findall(r"uses: [\w./-]+@[0-9a-f]{40} # v[\d.]+\n", text)) for text in TEXTS.values()) == everything
    )
    for action, version in used:
        name, _, commit = action.partition("@")
        assert f"| `{name}` | {version} | `{commit}` |" in page
    images = re.findall(r"^[A-Z]+ := (\S+)@(sha256:[0-9a-f]{64})$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(images) == 3
    for image, digest in images:
        assert f"| `{image}` | `{digest}` |" in page


def test_zaps_rules_are_read_as_they_are_meant() -> None:
    lines = (ROOT / "deploy/workflows/zap.conf").read_text(encoding="utf-8").splitlines()
    rules = [line.split("\t") for line in lines if not line.startswith("#")]
    assert all(len(rule) == 3 and rule[0].isdigit() for rule in rules)
    assert len({rule[0] for rule in rules}) == len(rules)
    assert {rule[1] for rule in rules} == {"FAIL", "WARN", "IGNORE"}


def test_the_settings_are_json_that_anybody_can_read() -> None:
    path = ROOT / "deploy/github/environments.json"
    assert path.read_text(encoding="utf-8") == json.dumps(SETTINGS, indent=2) + "\n"
    assert DIRECTORY.is_dir()
