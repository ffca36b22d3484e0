"""Expressions and steps of workflows, as the tests that run these steps read them."""

from pathlib import Path

import pytest

from tests.support.workflow_expressions import Contexts, NotUnderstood, evaluated, holds, substituted
from tests.support.workflow_runner import JobRunner, Machine
from tests.unit.workflows.reading import Workflow, workflows

VALUES = {
    "secrets": {"TOKEN": "s"},
    "needs": {"image": {"result": "success", "outputs": {"digest": "sha256:1"}}, "approve-qa": {"result": "failure"}},
    "steps": {"change": {"outcome": "failure", "outputs": {}}},
    "inputs": {"reason": "it's wrong"},
}
GOOD, BAD = Contexts(VALUES), Contexts(VALUES, failed=True)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("secrets.TOKEN", "s"),
        ("needs.image.outputs.digest", "sha256:1"),
        ("needs.approve-qa.result != 'success'", True),
        ("steps.change.outcome == 'FAILURE'", True),
        ("'it''s wrong' == inputs.reason", True),
        ("always() && steps.change.outcome == 'skipped'", False),
        ("toJSON(secrets)", '{\n  "TOKEN": "s"\n}'),
    ],
)
def test_an_expression_is_evaluated_as_github_does(expression: str, value: object) -> None:
    assert evaluated(expression, GOOD) == value


@pytest.mark.parametrize(
    "expression",
    [
        "secrets.TOKN",
        "a || b",
        "!always()",
        "contains('a', 'b')",
        "inputs[0]",
        "1 == 1",
        "",
        "secrets.TOKEN 'x'",
        "('a')",
    ],
)
def test_what_is_not_known_is_an_error(expression: str) -> None:
    with pytest.raises(NotUnderstood):
        evaluated(expression, GOOD)


def test_a_text_has_values_in_the_place_of_expressions() -> None:
    assert substituted("a ${{ secrets.TOKEN }}${{inputs.reason}} b", GOOD) == "a sit's wrong b"
    with pytest.raises(NotUnderstood, match="no text"):
        substituted("${{ needs }}", GOOD)


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (None, True, False),
        ("failure()", False, True),
        ("failure() && steps.change.outcome == 'failure'", False, True),
        ("always() && steps.change.outcome != 'skipped'", True, True),
        ("steps.change.outcome == 'failure'", True, False),
        ("${{ success() }}", True, False),
    ],
)
def test_a_step_runs_after_a_failure_only_if_it_says_so(condition: str | None, good: bool, bad: bool) -> None:
    assert (holds(condition, GOOD), holds(condition, BAD)) == (good, bad)


def test_every_expression_of_the_workflows_steps_is_known() -> None:
    """So that a test which runs them fails for what they do, not for how they are written."""
    found = 0
    for workflow in workflows():
        for job in workflow.jobs.values():
            needs = {each: {"result": "success", "outputs": {"digest": "d", "commit": "c"}} for each in job.needs}
            values = {
                "needs": needs,
                "github": {"token": "t"},
                "steps": {each["id"]: {"outcome": "success"} for each in job.steps if "id" in each},
                "secrets": _Anything(),
                "inputs": dict.fromkeys((workflow.triggers.get("workflow_dispatch") or {}).get("inputs", {}), "x"),
            }
            for step in job.steps:
                holds(step.get("if"), Contexts(values))
                for text in (step.get("run", ""), *step.get("env", {}).values(), *step.get("with", {}).values()):
                    substituted(str(text), Contexts(values))
                    found += "${{" in str(text)
    assert found > 20


class _Anything(dict[str, str]):
    """Secrets, whichever is asked for."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "secret"


WORKFLOW = """
on: push
defaults:
  run:
    shell: bash
jobs:
  one:
    outputs:
      digest: ${{ steps.make.outputs.digest }}
    steps:
      - uses: actions/checkout@0123
      - name: make
        id: make
        env:
          WHAT: ${{ inputs.what }}
        run: |
          echo "digest=$WHAT" >> "$GITHUB_OUTPUT"
          echo "made $WHAT" >> "$GITHUB_STEP_SUMMARY"
      - name: fails in a pipe
        run: |
          false | true
          echo too far
      - name: then
        run: echo not reached
      - name: at last
        if: failure()
        run: echo at last
"""


def test_steps_are_run_by_the_shell_that_the_workflow_names(tmp_path: Path) -> None:
    seen: list[str] = []
    runner = JobRunner(tmp_path, {"actions/checkout": lambda *_: seen.append("checkout")}, lambda *_: set())
    machine = Machine(tmp_path, {"PATH": "/usr/bin:/bin"})
    ran = runner.run(Workflow.of("w.yml", WORKFLOW), "one", machine, {"inputs": {"what": "sha256:1"}})
    assert seen == ["checkout"]
    assert [each.outcome for each in ran.steps] == ["success", "success", "failure", "skipped", "success"]
    assert (ran.result, ran.summary, ran.outputs) == ("failure", "made sha256:1\n", {})
    assert "too far" not in ran.said
    whole = WORKFLOW.replace("false | true", "true")
    ran = runner.run(Workflow.of("w.yml", whole), "one", machine, {"inputs": {"what": "sha256:1"}})
    assert (ran.result, ran.outputs) == ("success", {"digest": "sha256:1"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    shell: bash", "    shell: pwsh"),
        ("defaults:\n  run:\n    shell: bash\n", ""),
        ("        id: make\n", "        id: make\n        continue-on-error: true\n"),
        ("actions/checkout", "actions/unheard-of"),
    ],
)
def test_a_workflow_with_something_unknown_is_not_run(tmp_path: Path, old: str, new: str) -> None:
    runner = JobRunner(tmp_path, {"actions/checkout": lambda *_: None}, lambda *_: set())
    workflow = Workflow.of("w.yml", WORKFLOW.replace(old, new))
    with pytest.raises((AssertionError, KeyError)):
        runner.run(workflow, "one", Machine(tmp_path, {"PATH": "/usr/bin:/bin"}), {"inputs": {"what": "x"}})
