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
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
SECONDS = 120


class TerraformFailed(AssertionError):
    """A command failed; the message has what it printed."""


def copied(directory: Path) -> Path:
    """Copies the configuration and the topology that it reads; returns the copy of ``deploy/terraform``."""
    target = directory / "deploy" / "terraform"
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    (directory / TOPOLOGY).parent.mkdir(parents=True)
    shutil.copy(ROOT / TOPOLOGY, directory / TOPOLOGY)
    return target


def terraform(directory: Path, *arguments: str) -> str:
    """Runs one command and returns what it printed. Raises: TerraformFailed."""
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=directory,
        env=os.environ | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise TerraformFailed(f"terraform {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def plan(directory: Path, *variables: str) -> dict[str, Any]:
    """Plans an environment without its remote state; returns the plan as ``terraform show -json`` has it."""
    (directory / "backend_override.tf").write_text(LOCAL_STATE)
    terraform(directory, "init", "-no-color")
    terraform(directory, "plan", "-no-color", "-out=plan.tfplan", *variables)
    found: dict[str, Any] = json.loads(terraform(directory, "show", "-json", "plan.tfplan"))
    return found
