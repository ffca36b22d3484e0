"""The workflows' own shell steps, as they are written: the image is built, promoted to sit by its digest, asked by the
smoke test, and taken back.

The Compose stack is sit, and after that production's own region: all of its containers run the image of the digest that
the workflow names, and `orders smoke` asks it by the environment's name. Workflows, commands of `deploy`, the release
tool, the image and the service are real. AWS, Terraform, GitHub and what comes from the internet are stood in for
(`tests/e2e/releasing`): ECS is the state machine of the release tool's tests, whose hour of steps passes in seconds;
as there is one container for each role, all requests move when it is replaced, not by tenths.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.release.clock import RealClock
from deploy.release.evidence import Evidence
from deploy.release.figures import environment
from deploy.release.model import Outcome
from orders import __version__
from tests.e2e.containers import IMAGE, OURS, ComposeStack
from tests.e2e.releasing.cloud import Cloud, clouds
from tests.e2e.releasing.machine import Docker, GitHub, Registries, Terraform, manifest, stand_ins
from tests.e2e.releasing.network import Asked, Network, network
from tests.e2e.releasing.programs import Programs, programs
from tests.e2e.releasing.run import ACTOR, Runs, checkout
from tests.support.workflow_runner import JobRan
from tests.unit.workflows.shell_steps import RUN

# All workflows are run by what the first test asks for.
pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

REPOSITORY = "bbws/bbws-orders"
RELEASES = {"phrase": "approve", "test_results": "https://example.org/results"}
OWNERS = 'alert_email = "owner@example.org"\n'
DEV_RUN, REFUSED_RUN, SIT_RUN, BACK_RUN = "1001", "1002", "1003", "1004"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the containers run, and what the smoke test asked, at one moment."""

    images: set[str]
    revision: str
    asked: list[Asked]


@dataclass(slots=True)
class Released:
    """Everything that was run, in its order, what was seen between, and when each ended."""

    runs: Runs
    programs: Programs
    network: Network
    clouds: dict[str, Cloud]
    before: str
    digest: str = ""
    built: str = ""
    jobs: dict[str, dict[str, JobRan]] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def released(stack: ComposeStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """Runs the workflows: built, refused, promoted, taken back."""
    stack.start()
    directory = tmp_path_factory.mktemp("workflows")
    image = f"bbws-orders:{stack.project}"
    try:
        with ExitStack() as opened:
            made = _prepared(stack, directory, image, opened)
            _release(stack, made, image)
            yield made
    finally:
        stack.run_image(IMAGE)
        subprocess.run(["docker", "image", "rm", image], capture_output=True, timeout=60, check=False)


def _prepared(stack: ComposeStack, directory: Path, image: str, opened: ExitStack) -> Released:
    """Makes the checkout and everything around it; every environment runs what the stack runs."""
    workspace, programs_directory = directory / "checkout", directory / "bin"
    programs_directory.mkdir()
    commit = checkout(workspace)
    before = _id(stack, IMAGE)
    aws = opened.enter_context(clouds(directory, dict.fromkeys(("dev", "sit", "prod"), before)))
    names = {name for each in aws.values() for region in each.environment.domains.values() for name in region}
    reached = opened.enter_context(network(directory, names, stack.base.removeprefix("http://")))
    for each in aws.values():
        each.put_image(before, manifest(before), "release-before")

    def deploy(digest: str) -> None:
        stack.run_image({_id(stack, name): name for name in (IMAGE, image)}[digest])

    docker = shutil.which("docker")
    assert docker is not None
    github = GitHub(REPOSITORY)
    known = stand_ins(Docker(docker, image, os.environ, _run), Registries(aws), github, Terraform(aws, deploy))
    stood_in = opened.enter_context(programs(programs_directory, known))
    engine = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
    variables = {"PATH": f"{programs_directory}:{os.environ['PATH']}", "IMAGE": image, **engine, **reached.variables}
    secrets = {
        "OWNER_TFVARS": OWNERS,
        "SMOKE_CUSTOMER_TOKEN": stack.token("customer"),
        "SMOKE_ADMIN_TOKEN": stack.token("admin"),
        "SMOKE_API_KEY": "a key",
        "CHAT_WEBHOOK_URL": "https://chat.example/hook",
    }
    runs = Runs(workspace, directory, commit, variables, secrets, aws, github)
    return Released(runs, stood_in, reached, aws, before)


def _id(stack: ComposeStack, image: str) -> str:
    return stack.docker("image", "inspect", "--format", "{{.Id}}", image).strip()


def _run(command: list[str], directory: Path) -> None:
    # As the Makefile has it for every docker that it calls.
    variables = os.environ | {"DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        command, cwd=directory, env=variables, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _release(stack: ComposeStack, made: Released, image: str) -> None:
    runs, github = made.runs, made.runs.github
    made.ended["begun"] = time.monotonic()
    made.jobs["dev"] = runs.run("deploy-dev.yml", DEV_RUN, {})
    made.digest = made.jobs["dev"]["validate"].outputs["digest"]
    made.built = _id(stack, image)
    _released_to_dev(made)
    made.ended["built"] = time.monotonic()

    github.reviews |= dict.fromkeys((REFUSED_RUN, SIT_RUN), _reviews("sit"))
    made.clouds["sit"].alarm_stands(stands=True)
    made.jobs["refused"] = runs.run("promote-sit.yml", REFUSED_RUN, RELEASES | {"dev_run": DEV_RUN}, must=False)
    made.seen["refused"] = _seen(stack, made)
    made.ended["refused"] = time.monotonic()
    made.clouds["sit"].alarm_stands(stands=False)

    made.jobs["sit"] = runs.run("promote-sit.yml", SIT_RUN, RELEASES | {"dev_run": DEV_RUN})
    made.seen["sit"] = _seen(stack, made)
    made.ended["sit"] = time.monotonic()

    made.clouds["prod"].release_before(made.digest)
    made.jobs["back"] = runs.run("rollback-prod.yml", BACK_RUN, {"reason": "wrong amounts"})
    made.seen["back"] = _seen(stack, made)
    made.ended["back"] = time.monotonic()


def _released_to_dev(made: Released) -> None:
    """The record of dev's release, and what GitHub knows of its run: see `shell_steps.LEFT_OUT`."""
    about = {"environment": "dev", "command": "promote", "digest": made.digest, "by": ACTOR, "commit": made.runs.commit}
    kept = made.runs.github.artefacts[DEV_RUN, "evidence-dev"]
    Evidence(kept / "dev.json", RealClock(), about).end(Outcome.DONE, "every service runs it")
    here = {"full_name": REPOSITORY}
    made.runs.github.runs[DEV_RUN] = {
        "id": int(DEV_RUN), "path": ".github/workflows/deploy-dev.yml", "head_branch": "develop", "event": "push",
        "repository": here, "head_repository": here, "conclusion": "success", "head_sha": made.runs.commit,
    }  # fmt: skip


def _reviews(name: str) -> list[dict[str, Any]]:
    approvers = [each.lower().replace(" ", "-") for each in environment(name).approvers]
    return [
        {"state": "approved", "user": {"login": f"a-{each}"}, "environments": [{"name": f"{name}-{each}"}]}
        for each in approvers
    ]


def _seen(stack: ComposeStack, made: Released) -> Seen:
    inspected = {service: stack.inspect(service) for service in OURS}
    asked = list(made.network.asked)
    made.network.asked.clear()
    return Seen(
        images={each["Image"] for each in inspected.values()},
        revision=inspected["api"]["Config"]["Labels"]["org.opencontainers.image.revision"],
        asked=asked,
    )


def test_every_step_that_is_listed_as_run_was_run(
    released: Released, record_property: Callable[[str, object], None]
) -> None:
    took = [f"{name} {at - before:.0f} s" for (_, before), (name, at) in pairwise(released.ended.items())]
    record_property("figure", f"the workflows' steps: {', '.join(took)}")
    jobs = released.runs.ran
    ran = {(file, job.name, step.name) for file, job in jobs for step in job.steps if step.outcome == "success"}
    assert [(*job, step) for job, steps in RUN.items() for step in steps if (*job, step) not in ran] == []
    assert released.programs.mistakes == []


def test_the_image_is_built_once_scanned_and_pushed_by_its_digest(released: Released) -> None:
    """For both architectures as the text says; what is here builds the machine's own."""
    (built,) = released.programs.of("docker", "buildx")
    assert built.option("--platform") == "linux/amd64,linux/arm64"
    assert {"--provenance=mode=max", "--sbom=true"} <= set(built.arguments)
    arguments = built.options("--build-arg")
    assert arguments == [f"REVISION={released.runs.commit}", f"VERSION={__version__}"]
    assert released.digest == released.built != released.before
    scans = [each for each in released.programs.of("docker", "run") if "image" in each.arguments]
    assert {each.option("--input") for each in scans} == {"/dist/image-amd64.tar", "/dist/image-arm64.tar"}
    assert {each.option("--exit-code") for each in scans} == {"1"}
    copies = released.programs.of("skopeo", "copy", "--override-arch")
    assert [each.option("--override-arch") for each in copies] == ["amd64", "arm64", "amd64"]
    assert released.clouds["dev"].manifest_of(released.digest) is not None


def test_the_bill_of_materials_is_kept_with_the_image(released: Released) -> None:
    kept = released.runs.github.artefacts[DEV_RUN, "image"]
    assert {each.name for each in kept.iterdir()} == {"image.tar", "image.json", "sbom.cdx.json"}
    bill = json.loads((kept / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert {"litestar", "weasyprint"} <= {each["name"] for each in bill["components"]}


def test_zap_is_pointed_at_the_stacks_pages_with_our_rules(released: Released) -> None:
    (scan,) = [each for each in released.programs.of("docker", "run") if "zap-baseline.py" in each.arguments]
    assert scan.option("-t").endswith("/v1.0/docs")
    (rules,) = [each for each in scan.options("--volume") if each.endswith("/zap/rules.conf:ro")]
    assert Path(rules.partition(":")[0]).name == "zap.conf"
    assert scan.option("-c") == "../rules.conf"


def test_a_release_is_refused_while_an_alarm_stands_and_nothing_is_changed(released: Released) -> None:
    job = released.jobs["refused"]["release"]
    assert (job.result, job.step("Release").outcome) == ("failure", "failure")
    assert "bbws-orders-sit-release-0" in job.step("Release").said
    assert job.step("Finish going back, if it has to").outcome == "success"
    assert job.step("Show the record").outcome == "success"
    assert "tag" not in released.jobs["refused"]
    assert released.seen["refused"].images == {released.before}
    assert any("promote-sit ended not well: release failure" in each for each in released.network.told)


def test_sit_runs_the_promoted_digest_and_passes_the_smoke_test(released: Released) -> None:
    seen, job = released.seen["sit"], released.jobs["sit"]["release"]
    assert job.step("Finish going back, if it has to").outcome == "skipped"
    assert (seen.images, seen.revision) == ({released.built}, released.runs.commit)
    assert released.clouds["sit"].manifest_of(released.digest) is not None
    assert released.clouds["sit"].world.is_wholly_on(released.digest)
    assert f"every service runs {released.digest}" in job.summary
    asked = [each for each in seen.asked if each.host == environment("sit").domains["eu-west-1"][0]]
    assert {"POST", "GET", "PATCH", "PUT", "DELETE"} <= {each.method for each in asked}
    kept = released.runs.github.artefacts[SIT_RUN, "evidence-sit"]
    (run,) = json.loads((kept / "sit.json").read_text(encoding="utf-8"))["runs"]
    assert (run["digest"], run["outcome"], run["commit"]) == (released.digest, "DONE", released.runs.commit)
    smoked = [step["report"] for step in run["steps"] if step["what"] == "smoke at 100 %: passed"]
    assert [json.loads(report)["base_url"] for report in smoked] == [environment("sit").address]
    assert not list(kept.glob("*.tfplan"))
    assert list(kept.glob("*.log"))


def test_the_release_is_tagged_and_told(released: Released) -> None:
    assert released.runs.github.refs == {f"refs/tags/v{__version__}-sit": released.runs.commit}
    told = [json.loads(each)["text"] for each in released.network.told]
    assert [each for each in told if f"/runs/{SIT_RUN}" in each] == [
        f"approval of promote-sit begins https://github.example/{REPOSITORY}/actions/runs/{SIT_RUN}",
        f"promote-sit ended well https://github.example/{REPOSITORY}/actions/runs/{SIT_RUN}",
    ]


def test_a_rollback_brings_the_image_of_before_back_and_the_smoke_test_passes(released: Released) -> None:
    seen, job = released.seen["back"], released.jobs["back"]["rollback"]
    assert seen.images == {released.before}
    assert seen.revision != released.runs.commit
    assert released.clouds["prod"].world.is_wholly_on(released.before)
    assert f"back on {released.before}: wrong amounts" in job.summary
    first, second = released.clouds["prod"].environment.regions
    names = released.clouds["prod"].environment.domains
    assert {each.host for each in seen.asked} == {names[first][0], names[second][-1], "chat.example"}
    changing = {each.host for each in seen.asked if each.method in {"PATCH", "PUT", "DELETE"}}
    assert changing == {names[first][0]}, "the failover region is only read"


def test_what_no_file_has_reaches_terraform_from_the_secret(released: Released) -> None:
    for name in ("sit", "prod"):
        file = released.runs.workspace / f"deploy/terraform/environments/{name}/owner.tfvars"
        assert file.read_text(encoding="utf-8") == OWNERS
        root = f"-chdir=deploy/terraform/environments/{name}"
        assert {each.arguments for each in released.programs.of("terraform", root)} == {(root, "init", "-input=false")}
        plans = released.programs.of("terraform", f"-chdir={file.parent}", "plan")
        assert {plan.option("-var-file") for plan in plans} == {str(file)}
