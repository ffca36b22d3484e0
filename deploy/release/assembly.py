"""Puts the ports of an environment together: AWS, Terraform, the smoke test, this machine's clock."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from deploy.release.aws.alarms import CloudWatchAlarms
from deploy.release.aws.backups import VaultBackups
from deploy.release.aws.calls import clients
from deploy.release.aws.ecs import EcsDeployments
from deploy.release.aws.preparations import AwsPreparations
from deploy.release.clock import RealClock
from deploy.release.desk import Desk
from deploy.release.evidence import Evidence, report_of
from deploy.release.figures import ROOT, Environment
from deploy.release.model import Refused
from deploy.release.smoke import SmokeCommands
from deploy.release.terraform import TerraformCommand

OWNERS_FILE = "owner.tfvars"


@dataclass(frozen=True, slots=True)
class Options:
    """What every command that asks AWS is told.

    Attributes:
        command: the command's name, for the evidence.
        smoke: commands of the smoke test; none for ``orders smoke`` of this environment.
        links: addresses by name: change request, test results, UAT.
        recorded: the evidence is added to.
    """

    command: str
    digest: str | None = None
    evidence: Path | None = None
    var_files: tuple[Path, ...] = ()
    smoke: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[Path, ...] = ()
    recorded: bool = True


def desk_of(environment: Environment, options: Options, tell: Callable[[str], None]) -> Desk:
    """Makes the desk of an environment. Raises: Refused."""
    client = clients()
    clock = RealClock()
    first = environment.regions[0]
    kept = options.evidence or Path("evidence") / f"{environment.name}.json"
    evidence = Evidence(kept if options.recorded else None, clock, _about(environment, options, os.environ))
    return Desk(
        environment=environment,
        deployments=EcsDeployments(environment, partial(client, "ecs"), clock.now),
        alarms=CloudWatchAlarms(partial(client, "cloudwatch")),
        preparations=AwsPreparations(environment, client, clock.now),
        backups=VaultBackups(environment, client("backup", first)),
        terraform=terraform_of(environment, options, kept.parent),
        smoke=SmokeCommands(smoke_of(environment, options.smoke)),
        clock=clock,
        evidence=evidence,
        tell=tell,
    )


def terraform_of(environment: Environment, options: Options, kept: Path) -> TerraformCommand:
    """Makes Terraform of an environment's root. Raises: Refused: a file of variables is not there."""
    root = ROOT / "deploy" / "terraform" / "environments" / environment.name
    files = list(options.var_files)
    if not files and (root / OWNERS_FILE).exists():
        files = [root / OWNERS_FILE]
    missing = [str(each) for each in files if not each.exists()]
    if missing:
        raise Refused(f"not there: {', '.join(missing)}")
    bake, abort = (int(each.total_seconds() // 60) for each in (environment.bake, environment.abort_after))
    at_once = f'{{strategy="all-at-once",bake_minutes={bake},abort_after_minutes={abort}}}'
    return TerraformCommand(root, var_files=files, at_once=at_once, kept=kept)


def smoke_of(environment: Environment, given: Sequence[str]) -> list[list[str]]:
    """Returns the commands of the smoke test; a region that serves no changes is only read. Raises: Refused."""
    if given:
        try:
            return [shlex.split(each) for each in given]
        except ValueError as error:
            raise Refused(f"--smoke: no command of a shell: {error}") from error
    orders = str(Path(sys.executable).with_name("orders"))
    shared = ["--env", environment.name, "--json"]
    commands = [[orders, "smoke", "--base-url", environment.address, *shared]]
    for region in environment.regions[1:]:
        address = f"https://{environment.domains[region][-1]}"
        commands.append([orders, "smoke", "--base-url", address, *shared, "--read-only"])
    return commands


def _about(environment: Environment, options: Options, variables: Mapping[str, str]) -> dict[str, Any]:
    links = dict(options.links)
    if "GITHUB_RUN_ID" in variables:
        server, repository = variables.get("GITHUB_SERVER_URL", ""), variables.get("GITHUB_REPOSITORY", "")
        links["workflow run"] = f"{server}/{repository}/actions/runs/{variables['GITHUB_RUN_ID']}"
    return {
        "environment": environment.name,
        "command": options.command,
        "digest": options.digest,
        "by": variables.get("GITHUB_ACTOR") or variables.get("USER") or "unknown",
        "commit": variables.get("GITHUB_SHA"),
        "links": links,
        "reports": [report_of(each) for each in options.reports],
        "approvers": list(environment.approvers),
    }
