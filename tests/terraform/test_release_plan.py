"""The release tool takes what Terraform plans for another image, and refuses what it plans for anything else."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.release.figures import environment
from deploy.release.model import Judgement
from deploy.release.plan import judge
from tests.terraform.plans import EnvironmentPlan, copy_of
from tests.terraform.terraform import GIVEN, terraform

NEW = f"sha256:{'b' * 64}"
AT_ONCE = '-var=release={strategy="all-at-once",bake_minutes=15,abort_after_minutes=75}'
ONLY = tuple(f"-target=module.{each}" for each in ("region.module.services", "region.module.monitoring", "table"))
"""What a release touches, what it is refused for, and all that these need: the stand-in can't apply records of mail."""

pytestmark = pytest.mark.timeout(900)  # applies take long beside other processes


@pytest.fixture(scope="module")
def applied(planned: Callable[[str], EnvironmentPlan], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sit, which has alarms of a release, applied to the stand-in provider."""
    root = copy_of(planned("sit"), tmp_path_factory.mktemp("released") / "tree")
    terraform(root, "apply", "-no-color", "-auto-approve", f"-var-file={GIVEN / 'sit'}.tfvars", *ONLY)
    return root


def planned_again(root: Path, *arguments: str) -> dict[str, Any]:
    given = f"-var-file={GIVEN / 'sit'}.tfvars"
    terraform(root, "plan", "-no-color", "-out=again.tfplan", given, f"-var=image_digest={NEW}", *ONLY, *arguments)
    found: dict[str, Any] = json.loads(terraform(root, "show", "-json", "again.tfplan"))
    return found


def test_another_image_is_a_release(applied: Path) -> None:
    judged = judge(planned_again(applied), NEW)
    assert judged.faults == ()
    kinds = kinds_of(judged)
    sit = environment("sit")
    # The stand-in changes a definition in place, where the provider makes another: services see no new one here.
    assert kinds["aws_ecs_task_definition"] == len(sit.services), judged.changes
    # Of its alarms the one on dead letters looks at no revision.
    assert kinds["aws_cloudwatch_metric_alarm"] == sit.release_alarms - 1


def test_at_once_changes_the_apis_service_and_a_table_that_changes_with_it_is_refused(applied: Path) -> None:
    main = applied / "main.tf"
    text = main.read_text()
    assert "var.table.pitr_days" in text
    main.write_text(text.replace("var.table.pitr_days", "var.table.pitr_days + 1"))
    try:
        judged = judge(planned_again(applied, AT_ONCE), NEW)
    finally:
        main.write_text(text)
    assert kinds_of(judged)["aws_ecs_service"] == 1, judged.changes
    assert judged.faults
    assert ["aws_dynamodb_table" in fault for fault in judged.faults] == [True] * len(judged.faults)


def kinds_of(judged: Judgement) -> Counter[str]:
    """How many resources of each type a plan changes."""
    return Counter(re.sub(r"\[[^]]*\]", "", address).split(".")[-2] for address in judged.changes)
