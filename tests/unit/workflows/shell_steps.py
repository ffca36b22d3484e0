"""Which shell steps of the workflows are run by `make image-test`, and why each of the others is not.

A step that is in neither list fails `test_shell_steps.py`: none is passed over without a word.
"""

from collections.abc import Mapping, Sequence

RUN: Mapping[tuple[str, str], Sequence[str]] = {
    ("validate.yml", "image"): (
        "Install",
        "Build for both architectures, with provenance and a bill of materials",
        "Read the digest",
        "Known vulnerabilities",
        "Bill of materials of this architecture",
    ),
    ("validate.yml", "zap"): ("OWASP ZAP's baseline against the Compose stack",),
    ("deploy-dev.yml", "release"): (
        "Install",
        "Write the variables that no file has",
        "Push it by its digest",
        "Open the state",
    ),
    ("promote-sit.yml", "take"): ("Install", "Take the digest from that run's record"),
    ("promote-sit.yml", "request"): ("Install", "Check phrase and links", "Tell the channel"),
    ("promote-sit.yml", "approve-tech-lead"): ("Approved",),
    ("promote-sit.yml", "release"): (
        "Install",
        "See that both have approved",
        "Write the variables that no file has",
        "Copy the image by its digest",
        "Open the state",
        "Release",
        "Finish going back, if it has to",
        "Show the record",
    ),
    ("promote-sit.yml", "tag"): ("Install", "Tag the release"),
    ("promote-sit.yml", "tell"): ("Tell the channel",),
    ("rollback-prod.yml", "rollback"): (
        "Install",
        "Write the variables that no file has",
        "Open the state",
        "Go back",
        "Show the record",
    ),
    ("rollback-prod.yml", "tell"): ("Tell the channel",),
}
"""Steps by workflow and job, in their order."""

_AS_SIT = "the same command as promote-sit's: one stack can't be both; the tool's own code makes its record"
LEFT_OUT: Mapping[tuple[str, str, str], str] = {
    ("validate.yml", "zap", "Load it"): "what the job image has just done by the same target",
    ("deploy-dev.yml", "release", "Release"): _AS_SIT,
    ("deploy-dev.yml", "release", "Finish going back, if it has to"): _AS_SIT,
    ("deploy-dev.yml", "release", "Show the record"): _AS_SIT,
}
"""Single steps of jobs that are run."""

_CI = ".ci/run has it as a step of its own"
LEFT_OUT_JOBS: Mapping[tuple[str, str], str] = {
    ("validate.yml", "checks"): _CI,
    ("validate.yml", "browser"): _CI,
    ("validate.yml", "tests"): _CI,
    ("validate.yml", "python311"): f"{_CI}, on the Python that is here",
    ("validate.yml", "terraform"): f"{_CI}; validity with the real provider needs the provider's registry",
    ("validate.yml", "secrets"): "gitleaks comes from the internet; nothing of a release is in it",
    ("validate.yml", "dependencies"): "it asks the advisories on the internet; nothing of a release is in it",
    ("deploy-dev.yml", "tell"): "the same step as promote-sit's, with another name",
}
LEFT_OUT_WORKFLOWS: Mapping[str, str] = {
    "promote-prod.yml": "promote-sit's commands with --env prod, hours and one more approver: tests/unit/workflows",
    "dr-drill.yml": "`make drill`, which tests/drill tries; a drill in production needs production",
    "cost-report.yml": "it asks what AWS has charged, and changes nothing",
}

ACTIONS: Mapping[str, str] = {
    "actions/checkout": "a clone of this repository, with one commit more",
    "actions/setup-python": "the Python of the tests",
    "docker/setup-qemu-action": "nothing: only this machine's architecture is built",
    "docker/setup-buildx-action": "the engine's own BuildKit",
    "actions/upload-artifact": "a directory that is kept by run and name",
    "actions/download-artifact": "what the same run has kept",
    "hashicorp/setup-terraform": "the stand-in for terraform",
    "aws-actions/configure-aws-credentials": "the stand-in for AWS of the role's account",
}
"""Actions are no shell steps: what stands in for each."""
