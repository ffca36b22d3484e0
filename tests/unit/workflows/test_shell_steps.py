"""Each step of the workflows is run by `make image-test`, or it is written down why not."""

from collections import Counter

import pytest

from tests.support.workflow_runner import action_of, name_of
from tests.unit.workflows.reading import workflows
from tests.unit.workflows.shell_steps import ACTIONS, LEFT_OUT, LEFT_OUT_JOBS, LEFT_OUT_WORKFLOWS, RUN

WORKFLOWS = {each.file: each for each in workflows()}
JOBS = [(file, job) for file, workflow in WORKFLOWS.items() for job in workflow.jobs if file not in LEFT_OUT_WORKFLOWS]


@pytest.mark.parametrize(("file", "job"), JOBS)
def test_each_step_of_a_job_is_run_or_left_out_for_a_reason(file: str, job: str) -> None:
    facts = WORKFLOWS[file].jobs[job]
    if "uses" in facts.facts:
        assert facts.facts["uses"].removeprefix("./.github/workflows/") in WORKFLOWS
        return
    steps = [name_of(each) for each in facts.steps if "run" in each]
    assert max(Counter(steps).values()) == 1, "steps of one name can't be told apart"
    if (file, job) in LEFT_OUT_JOBS:
        assert (file, job) not in RUN
        return
    left_out = [step for each_file, each_job, step in LEFT_OUT if (each_file, each_job) == (file, job)]
    assert [each for each in steps if each not in left_out] == list(RUN[file, job])
    assert set(left_out) <= set(steps)
    assert {action_of(each) for each in facts.steps if "uses" in each} <= set(ACTIONS)


def test_nothing_is_listed_that_is_not_there() -> None:
    assert set(LEFT_OUT_WORKFLOWS) <= set(WORKFLOWS)
    assert {*RUN, *LEFT_OUT_JOBS} <= set(JOBS)
    assert {(file, job) for file, job, _ in LEFT_OUT} <= set(RUN)
    reasons = [*LEFT_OUT.values(), *LEFT_OUT_JOBS.values(), *LEFT_OUT_WORKFLOWS.values(), *ACTIONS.values()]
    assert all(len(each) > 10 for each in reasons)


def test_dev_is_released_to_by_the_commands_that_are_run_for_sit() -> None:
    """Why dev's may be left out: they differ in the environment's name and in what is kept with the record."""
    dev, sit = (
        {name_of(each): each for each in WORKFLOWS[file].jobs["release"].steps}
        for file in ("deploy-dev.yml", "promote-sit.yml")
    )
    for (file, job, step), reason in LEFT_OUT.items():
        if file == "deploy-dev.yml":
            assert (job, "promote-sit" in reason) == ("release", True)
            commands = [each[step]["run"].replace("\\\n", "").split(" --json")[0].split() for each in (dev, sit)]
            commands = [[word.replace("dev", "sit") for word in command] for command in commands]
            report = [commands[0].index("--report")] if "--report" in commands[0] else []
            for place in report:
                del commands[0][place : place + 2]
            assert commands[0] == commands[1]
            assert dev[step].get("if") == sit[step].get("if")
