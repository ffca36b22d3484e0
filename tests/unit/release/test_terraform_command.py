"""Terraform itself, on a root that needs no provider: plans as JSON, applies, locks, interruptions."""

import shutil
from pathlib import Path

import pytest

from deploy.release.model import Refused
from deploy.release.plan import judge
from deploy.release.ports import ApplyEnded, StateLocked, TerraformFailed
from deploy.release.terraform import RunningApply, TerraformCommand
from tests.support.eventually import eventually
from tests.unit.release.world import NEW, OLD

ROOT = """
variable "image_digest" { type = string }
variable "release" {
  type    = object({ strategy = string, bake_minutes = number, abort_after_minutes = number })
  default = { strategy = "linear", bake_minutes = 15, abort_after_minutes = 75 }
}
variable "seconds" {
  type    = number
  default = 0
}
resource "terraform_data" "image" {
  input = "${var.image_digest} ${var.release.strategy}"
  triggers_replace = [var.image_digest]
  provisioner "local-exec" { command = "sleep ${var.seconds}" }
}
"""
AT_ONCE = '{strategy="all-at-once",bake_minutes=15,abort_after_minutes=75}'
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "main.tf").write_text(ROOT)
    TerraformCommand(root, var_files=(), at_once=AT_ONCE, kept=tmp_path)._run("init", "-input=false")
    return root


def command(root: Path, *, seconds: int = 0) -> TerraformCommand:
    given = root / "owner.tfvars"
    given.write_text(f"seconds = {seconds}\n")
    return TerraformCommand(root, var_files=[given], at_once=AT_ONCE, kept=root.parent / "kept", lock_timeout="0s")


def ended(applying: RunningApply) -> ApplyEnded:
    found = eventually(applying.ended, within_seconds=PATIENCE_SECONDS, what="the apply's end")
    assert found is not None
    return found


def begun(root: Path) -> None:
    """The apply is in the middle of its one resource: it holds the lock."""
    logs = root.parent / "kept"
    eventually(
        lambda: any("Provisioning" in each.read_text() for each in logs.glob("*.log")),
        within_seconds=PATIENCE_SECONDS,
        what="the apply's log",
    )


def test_a_plan_is_read_as_json_and_applied_and_then_there_is_nothing_left(root: Path) -> None:
    terraform = command(root)
    plan = terraform.plan(NEW, at_once=False)
    assert plan.document["variables"]["image_digest"]["value"] == NEW
    assert "create terraform_data.image" in judge(plan.document, NEW).faults
    assert ended(terraform.apply(plan)).ok
    assert judge(terraform.plan(NEW, at_once=False).document, NEW).empty


def test_going_back_is_planned_in_one_step(root: Path) -> None:
    planned = command(root).plan(OLD, at_once=True).document
    assert planned["resource_changes"][0]["change"]["after"]["input"] == f"{OLD} all-at-once"


def test_a_plan_that_another_apply_has_overtaken_is_stale(root: Path) -> None:
    terraform = command(root)
    first, second = terraform.plan(NEW, at_once=False), terraform.plan(OLD, at_once=False)
    assert ended(terraform.apply(first)).ok
    found = ended(terraform.apply(second))
    assert (found.ok, found.stale) == (False, True)


def test_a_state_that_somebody_holds_is_said_to_be_locked_and_interrupting_gives_it_back(root: Path) -> None:
    terraform = command(root, seconds=30)
    applying = terraform.apply(terraform.plan(NEW, at_once=False))
    try:
        begun(root)
        with pytest.raises(StateLocked, match=r"^terraform plan: Error: Error acquiring the state lock"):
            command(root).plan(OLD, at_once=False)
    finally:
        applying.interrupt()
    assert not ended(applying).ok
    command(root).plan(OLD, at_once=False)


def test_an_error_is_told_in_its_own_words(root: Path) -> None:
    (root / "more.tf").write_text('resource "terraform_data" "more" { input = var.unknown }\n')
    with pytest.raises(TerraformFailed, match=r"terraform plan: .*undeclared input variable"):
        command(root).plan(NEW, at_once=False)


def test_without_terraform_nothing_is_done(root: Path) -> None:
    absent = TerraformCommand(root, var_files=(), at_once=AT_ONCE, kept=root.parent, command="no-terraform-here")
    with pytest.raises(Refused, match="no-terraform-here: No such file"):
        absent.plan(NEW, at_once=False)
