"""Runs Terraform on a copy of ``deploy/terraform``, so that nothing is left in the checkout."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "terraform"
TOPOLOGY = Path("src/orders/topology.yaml")
SIDECARS = Path("deploy/sidecars")
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
GIVEN = Path(__file__).parent / "variables"
"""What no file of the tree has, by environment: a release's image, the account's own."""
SECONDS = 600


class TerraformFailed(AssertionError):
    """A command failed; the message has what it printed."""


def copied(directory: Path) -> Path:
    """Copies the configuration and the topology that it reads; returns the copy of ``deploy/terraform``."""
    target = directory / "deploy" / "terraform"
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    shutil.copytree(ROOT / SIDECARS, directory / SIDECARS)
    (directory / TOPOLOGY).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / TOPOLOGY, directory / TOPOLOGY)
    return target


def command(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs one command and returns how it ended, and what it printed."""
    return subprocess.run(
        ["terraform", *arguments],
        cwd=directory,
        env=os.environ | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def terraform(directory: Path, *arguments: str) -> str:
    """Runs one command and returns what it printed. Raises: TerraformFailed."""
    done = command(directory, *arguments)
    if done.returncode:
        raise TerraformFailed(f"terraform {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def plan(directory: Path, *variables: str) -> dict[str, Any]:
    """Plans an environment without its remote state; returns the plan as ``terraform show -json`` has it."""
    (directory / "backend_override.tf").write_text(LOCAL_STATE)
    terraform(directory, "init", "-no-color")
    given = GIVEN / f"{directory.name}.tfvars"
    files = [f"-var-file={given}"] if given.exists() else []
    terraform(directory, "plan", "-no-color", "-out=plan.tfplan", *files, *variables)
    found: dict[str, Any] = json.loads(terraform(directory, "show", "-json", "plan.tfplan"))
    return found
