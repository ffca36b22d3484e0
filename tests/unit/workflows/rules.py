"""What holds of every workflow, and of every way to production. A rule returns what is wrong, in words."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from tests.unit.workflows.reading import ROLE, ROOT, Job, Workflow

SETTINGS: Mapping[str, Any] = json.loads((ROOT / "deploy/github/environments.json").read_text(encoding="utf-8"))
PLAN: Mapping[str, Any] = yaml.safe_load((ROOT / "deploy/environments.yaml").read_text(encoding="utf-8"))
ENVIRONMENTS: Mapping[str, Any] = SETTINGS["environments"]
RUNNER = "ubuntu-24.04"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# Contexts that whoever opens a pull request, names a branch or fills in a form decides on.
GIVEN = re.compile(
    r"\$\{\{[^}]*\b(?:inputs|github\.event|github\.head_ref|github\.ref_name|needs|steps|secrets|vars)\b"
)
KEYS = re.compile(r"aws[_-]?access[_-]?key|aws[_-]?secret|aws[_-]?session[_-]?token|AKIA[0-9A-Z]{16}", re.IGNORECASE)
PROD_ACCOUNT = PLAN["prod"]["account"]
TOOL = "deploy.release"
TAKE, REQUEST, APPROVED = (f"deploy.workflows {each} --env prod" for each in ("take", "request", "approved"))
WINDOW = "deploy.workflows window"
CREDENTIALS = "aws-actions/configure-aws-credentials@"
FROM_TAKE = "${{ needs.take.outputs.digest }}"
GOES_ON = re.compile(rf"{re.escape(TOOL)} (promote|rollback|abort)\b")
_BESIDE_IT = r"\bterraform\b.*\bapply\b|deploy\.workflows copy\b"
CHANGES = re.compile(rf"{GOES_ON.pattern}|{_BESIDE_IT}")
FORWARD = re.compile(rf"{re.escape(TOOL)} promote\b|{_BESIDE_IT}")
# Jobs always tell; steps keep what there is, and finish going back where a release has begun.
CONDITIONS = {
    None,
    "always()",
    "always() && steps.change.outcome != 'skipped'",
    "failure() && steps.change.outcome == 'failure'",
}
# What a job's token may do besides reading the code, and what the job must do to need it.
NEEDED = {
    ("contents", "read"): ("actions/checkout@",),
    ("contents", "write"): ("deploy.workflows tag",),
    ("actions", "read"): ("deploy.workflows take", "deploy.workflows approved"),
    ("id-token", "write"): (CREDENTIALS,),
}

Rule = Callable[[Workflow], Iterator[str]]


def permissions_are_minimal(workflow: Workflow) -> Iterator[str]:
    """Nothing at the top; each job what it uses and no more."""
    if workflow.facts.get("permissions") != {}:
        yield "the workflow's own permissions are not {}"
    for job in workflow.jobs.values():
        if job.permissions is None:
            yield f"{job.name} doesn't say its permissions"
        elif "uses" in job.facts:
            if dict(job.permissions) != {"contents": "read"}:
                yield f"{job.name} gives the called workflow {dict(job.permissions)}"
        elif not isinstance(job.permissions, dict):
            yield f"{job.name}: {job.permissions}"
        else:
            yield from _unneeded(job, job.permissions)


def _unneeded(job: Job, permissions: Mapping[str, str]) -> Iterator[str]:
    for each in permissions.items():
        if not any(job.index(part) is not None for part in NEEDED.get(each, ())):
            yield f"{job.name} has {': '.join(each)}, and does nothing that needs it"


def actions_are_pinned(workflow: Workflow) -> Iterator[str]:
    """By a whole commit; this repository's own workflows by their path."""
    for job in workflow.jobs.values():
        for used in [job.facts.get("uses"), *(step.get("uses") for step in job.steps)]:
            if used and not (PINNED.fullmatch(used) or re.fullmatch(r"\./\.github/workflows/[\w-]+\.yml", used)):
                yield f"{job.name} uses {used}"
        if job.facts.get("container") or job.facts.get("services"):
            yield f"{job.name} runs in a container that nothing pins"


def jobs_end(workflow: Workflow) -> Iterator[str]:
    """Each has a time limit, one runner, and each workflow a group that runs one at a time."""
    group = workflow.facts.get("concurrency")
    if not isinstance(group, dict) or not group.get("group"):
        yield "no concurrency group"
    for job in workflow.jobs.values():
        if "uses" in job.facts:
            continue
        if not 0 < int(job.facts.get("timeout-minutes") or 0) <= 180:
            yield f"{job.name} has no time limit"
        if job.facts.get("runs-on") != RUNNER:
            yield f"{job.name} runs on {job.facts.get('runs-on')}"


def steps_end_at_the_first_failure(workflow: Workflow) -> Iterator[str]:
    """All by the same shell: named, it gets `-o pipefail`, which GitHub leaves out where none is named."""
    if workflow.facts.get("defaults") != {"run": {"shell": "bash"}}:
        yield "the shell of its steps is not named: a failure in a pipe would be passed over"
    for job in workflow.jobs.values():
        if "defaults" in job.facts or any("shell" in step for step in job.steps):
            yield f"{job.name} has a shell of its own"


def releases_are_not_broken_off(workflow: Workflow) -> Iterator[str]:
    """Whatever changes an environment runs one at a time for it, and is never cancelled by the next.

    But a way back waits for nobody: it ends the release that is under way. And each command takes the shell's place,
    since GitHub sends the signals of a cancelled job to that process alone.
    """
    for job in workflow.jobs.values():
        if any(CHANGES.search(each) for each in job.runs()):
            entered = ENVIRONMENTS.get(job.environment or "", {}).get("environment")
            goes_back = not any(FORWARD.search(each) for each in job.runs())
            wanted = None if goes_back else {"group": f"environment-{entered}", "cancel-in-progress": False}
            if job.facts.get("concurrency") != wanted:
                yield (
                    f"{job.name} waits for the release that it is to end"
                    if goes_back
                    else f"{job.name} can run beside another release to {entered}, or be cancelled by one"
                )
            for each in job.runs():
                if GOES_ON.search(each) and not each.startswith("exec "):
                    yield f"{job.name}: a signal for {TOOL} ends at the shell"
            if workflow.facts["concurrency"].get("cancel-in-progress") is not False:
                yield "the next run cancels this one"


def nobody_outside_decides(workflow: Workflow) -> Iterator[str]:
    """No privileged trigger for others' code, and nothing that others wrote becomes a command."""
    for name in workflow.triggers:
        if name in {"pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "fork"}:
            yield f"begun by {name}"
    for job in workflow.jobs.values():
        for step in job.steps:
            if GIVEN.search(str(step.get("run", ""))):
                yield f"{job.name}: {step.get('name')} has an expression in its command"
            if str(step.get("uses", "")).startswith("actions/checkout@") and (
                step.get("with", {}).get("persist-credentials") is not False or "ref" in step.get("with", {})
            ):
                yield f"{job.name} keeps its token beside the code, or takes other code than the run's"
    if "pull_request" in workflow.triggers:
        for job in workflow.jobs.values():
            if job.environment or "secrets." in job.text or "write" in (job.permissions or {}).values():
                yield f"{job.name} of pull requests has more than the code"


def no_key_is_stored(workflow: Workflow) -> Iterator[str]:
    """AWS is entered by a token of GitHub's: no access key, and every role is one that the settings name."""
    for job in workflow.jobs.values():
        if KEYS.search(job.text):
            yield f"{job.name} has a key of AWS"
        for step in job.steps:
            if str(step.get("uses", "")).startswith(CREDENTIALS):
                entry = ENVIRONMENTS.get(job.environment or "")
                role = step.get("with", {}).get("role-to-assume")
                if entry is None or role is None or entry["role"] != role:
                    yield f"{job.name} takes {role} from the environment {job.environment}"


def no_logic(workflow: Workflow) -> Iterator[str]:
    """A step calls make, a tool or a typed command: nothing is decided by a shell."""
    for job in workflow.jobs.values():
        for each in job.runs():
            if re.search(r"(^|[;&|]\s*|\s)(if|then|case|for|while|until|\[\[?|test|eval)\s|&&|\|\||\|", each):
                yield f"{job.name} decides in a shell: {each}"
        for step in [job.facts, *job.steps]:
            if step.get("if") not in CONDITIONS:
                yield f"{job.name} has the condition {step['if']}"
            if step.get("continue-on-error"):
                yield f"{job.name} goes on after an error"


def touches_production(job: Job) -> bool:
    """A job that enters one of production's environments with a role, or names its account in any way."""
    entry = ENVIRONMENTS.get(job.environment or "", {})
    if job.environment and not entry:
        return True
    return bool(entry.get("environment") == "prod" and entry["role"]) or PROD_ACCOUNT in job.text


def ways_to_production_are_gated(workflow: Workflow) -> Iterator[str]:
    """Whatever can change production comes after the whole chain, or can only take back, switch regions or read."""
    for job in workflow.jobs.values():
        if not touches_production(job):
            continue
        if job.environment == "prod-release":
            yield from _chain(workflow, job)
        elif job.environment == "prod-rollback":
            yield from _only_back(workflow, job)
        elif job.environment in {"prod-drill", "prod-report"}:
            if any(TOOL in each or "terraform" in each or "skopeo" in each for each in job.runs()):
                yield f"{job.name} releases from {job.environment}"
        else:
            yield f"{job.name} reaches production from {job.environment}"


def _chain(workflow: Workflow, job: Job) -> Iterator[str]:
    jobs, before = workflow.jobs, workflow.before(job.name)
    if set(workflow.triggers) != {"workflow_dispatch"}:
        yield f"{workflow.file} is begun by more than a person"
    for name in {job.name, *before}:
        if "if" in jobs[name].facts:
            yield f"{name} has a condition: it could be passed over, or run after a failure"
        if "matrix" in str(jobs[name].facts.get("strategy", "")):
            yield f"{name} is more than one job"
    yield from _steps_in_order(workflow, job, before)
    takes = [each for each in before if any(TAKE in run for run in jobs[each].runs())]
    asks = [each for each in before if any(REQUEST in run for run in jobs[each].runs())]
    if len(takes) != 1 or jobs[takes[0]].facts.get("outputs", {}).get("digest") != "${{ steps.take.outputs.digest }}":
        yield f"{job.name} does not come after the digest was taken from sit's record"
    if not asks or not all(set(takes) <= workflow.before(each) for each in asks):
        yield f"{job.name} does not come after phrase and links"
    yield from _approvals(workflow, before, set(asks))
    if ENVIRONMENTS[job.environment or ""]["wait_minutes"] < PLAN["prod"]["wait_minutes_before_deploy"]:
        yield f"{job.environment} does not wait"
    yield from _gates_in(job)
    yield from _one_digest(workflow, job)


def _steps_in_order(workflow: Workflow, job: Job, before: set[str]) -> Iterator[str]:
    """No step of a gate can be passed over, and nothing up to the release runs after a step that failed."""
    for name in before:
        if any("if" in step for step in workflow.jobs[name].steps):
            yield f"{name} has a step with a condition"
    last = max((number for number, step in enumerate(job.steps) if CHANGES.search(_line(step))), default=0)
    for step in job.steps[: last + 1]:
        if "if" in step and "abort" not in _line(step):
            yield f"{job.name}: {step.get('name')} could run after a failure"


def _line(step: Mapping[str, Any]) -> str:
    return " ".join(str(step.get("run", "")).split())


def _approvals(workflow: Workflow, before: set[str], asks: set[str]) -> Iterator[str]:
    wanted = [f"prod-{each.lower().replace(' ', '-')}" for each in PLAN["prod"]["approvers"]]
    earlier = asks
    for environment in wanted:
        found = {each for each in before if workflow.jobs[each].environment == environment}
        if not found:
            yield f"nobody approves in {environment}"
        elif not all(earlier <= workflow.before(each) for each in found):
            yield f"{environment} is asked before those that come before it"
        earlier = found or earlier


def _gates_in(job: Job) -> Iterator[str]:
    """Before it has a right, the job that releases asks again who approved, and what time it is."""
    enters = job.index(CREDENTIALS)
    for part, words in ((APPROVED, "who approved"), (WINDOW, "business hours")):
        at = job.index(part)
        if at is None or enters is None or at > enters or "if" in job.steps[at]:
            yield f"{job.name} takes the role before it knows {words}"
    said = " ".join(job.steps[job.index(WINDOW) or 0].get("run", "").split())
    if not said.endswith("deploy.workflows window"):
        yield f"{job.name} looks at another time than now"
    if any("--outside-window" in each for each in job.runs()):
        yield f"{job.name} passes the window over"


def _one_digest(workflow: Workflow, job: Job) -> Iterator[str]:
    """The digest comes from the job that took it out of sit's record, and from nowhere else."""
    for step in job.steps:
        run = " ".join(str(step.get("run", "")).split())
        if not re.search(r"promote|copy", run):
            continue
        if step.get("env", {}).get("DIGEST") != FROM_TAKE or '--digest "$DIGEST"' not in run:
            yield f"{job.name}: {step.get('name')} has another digest than sit's"
    if any("digest" in name.lower() for name in (workflow.triggers.get("workflow_dispatch") or {}).get("inputs", {})):
        yield f"{workflow.file} asks for a digest"
    if any(f"{TOOL} {each}" in run for each in ("rollback", "plan") for run in job.runs()):
        yield f"{job.name} does more than release"


def _only_back(workflow: Workflow, job: Job) -> Iterator[str]:
    if set(workflow.triggers) != {"workflow_dispatch"}:
        yield f"{workflow.file} is begun by more than a person"
    done = [each for each in job.runs() if CHANGES.search(each)]
    if not done or any(f"{TOOL} rollback --env prod" not in each or "--to" in each for each in done):
        yield f"{job.name} does more than going back to the digest of before"
    if any("DIGEST" in step.get("env", {}) or "digest" in str(step.get("run", "")).lower() for step in job.steps):
        yield f"{job.name} is told an image"


def ways_to_sit_are_gated(workflow: Workflow) -> Iterator[str]:
    """What sit gets was released to dev, was asked for with the phrase, and its approvers come one after the other."""
    *first, last = [f"sit-{each.lower().replace(' ', '-')}" for each in PLAN["sit"]["approvers"]]
    for job in workflow.jobs.values():
        entry = ENVIRONMENTS.get(job.environment or "", {})
        if entry.get("environment") != "sit" or not entry["role"] or job.environment == "sit-report":
            continue
        before = workflow.before(job.name)
        entered = [workflow.jobs[each].environment for each in before]
        if job.environment != last or not set(first) <= set(entered):
            yield f"{job.name} does not come after {', '.join([*first, last])}"
        for part in ("take", "request"):
            if not any(
                f"deploy.workflows {part} --env sit" in run for each in before for run in workflow.jobs[each].runs()
            ):
                yield f"{job.name} does not come after {part}"
        yield from (f"{each} has a condition" for each in {job.name, *before} if "if" in workflow.jobs[each].facts)
        yield from _steps_in_order(workflow, job, before)
        yield from _one_digest(workflow, job)


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        permissions_are_minimal,
        actions_are_pinned,
        jobs_end,
        steps_end_at_the_first_failure,
        releases_are_not_broken_off,
        nobody_outside_decides,
        no_key_is_stored,
        no_logic,
        ways_to_production_are_gated,
        ways_to_sit_are_gated,
    )
}


def roles_named(workflow: Workflow) -> set[str]:
    """ARNs of roles that a workflow names."""
    return {found.group() for job in workflow.jobs.values() for found in ROLE.finditer(job.text)}
