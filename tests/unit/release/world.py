"""An environment to release to: ECS's state machine in its regions, alarms, a Terraform, a smoke test, a clock."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from deploy.release.aws.alarms import CloudWatchAlarms
from deploy.release.aws.backups import VaultBackups
from deploy.release.aws.ecs import EcsDeployments
from deploy.release.desk import Desk
from deploy.release.evidence import Evidence
from deploy.release.figures import Environment, environment
from deploy.release.model import API, Check, Service
from deploy.release.ports import ApplyEnded, Clock, Plan, SmokeResult, StateLocked
from tests.unit.release.ecs import STOPPABLE, EcsRegion, SimDeployment

OLD = f"sha256:{'0' * 63}1"
NEW = f"sha256:{'0' * 63}2"
NEXT = f"sha256:{'0' * 63}3"
MONDAY_MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Ten o'clock in South Africa."""


class Killed(BaseException):
    """The process was killed: nothing of it runs any more."""


@dataclass(slots=True)
class When:
    """Something that happens once, as soon as it is time for it."""

    due: Callable[[], bool]
    happen: Callable[[], None]
    happened: bool = False


class SimClock:
    """Time that passes when somebody waits; things happen meanwhile."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._now = MONDAY_MORNING

    def now(self) -> datetime:
        return self._now

    def wait(self, seconds: float) -> None:
        until = self._now + timedelta(seconds=seconds)
        while self._now < until:
            self._now = min(self._now + timedelta(seconds=5), until)
            self._world.run()
        assert self._now < MONDAY_MORNING + timedelta(hours=12), "nothing ends"


class SimTerraform:
    """Terraform of the environment: a state, its lock, and applies that wait for ECS.

    Attributes:
        more: resource changes that a plan has besides, by address and type.
        fails: applies to come that fail before they have changed anything.
        overtaken: somebody else changes the state after every plan.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self.state: dict[Service, str] = {}
        self.serial = 0
        self.locked_by: str | None = None
        self.more: dict[str, str] = {}
        self.fails = 0
        self.overtaken = False
        self.running: SimApply | None = None
        self.plans: list[tuple[str, bool]] = []

    def plan(self, digest: str, *, at_once: bool) -> Plan:
        if self.locked_by is not None:
            raise StateLocked(f"Error acquiring the state lock: {self.locked_by}")
        self.plans.append((digest, at_once))
        changes = []
        for service in self._differing(digest):
            if self.state[service] != digest:
                containers = [{"name": "orders", "image": f"r/bbws-orders@{digest}"}]
                after = {"container_definitions": json.dumps(containers)}
                changes.append(_change(service, "task", "aws_ecs_task_definition", ["create", "delete"], after))
            changes.append(_change(service, "service", "aws_ecs_service", ["update"]))
        if changes and self._world.environment.release_alarms:
            address = 'module.region.module.monitoring.aws_cloudwatch_metric_alarm.release["error rate"]'
            changes.append(_one(address, "aws_cloudwatch_metric_alarm", ["update"]))
        changes += [_one(address, kind, ["update"]) for address, kind in self.more.items()]
        document: dict[str, Any] = {"variables": {"image_digest": {"value": digest}}, "resource_changes": changes}
        document |= {"serial": self.serial, "at_once": at_once}
        self.serial += self.overtaken
        return Plan("release.tfplan", document)

    def apply(self, plan: Plan) -> "SimApply":
        document = plan.document
        digest = document["variables"]["image_digest"]["value"]
        self._world.calls.append(f"terraform apply {digest}{' at once' if document['at_once'] else ''}")
        if self.locked_by is not None:
            return SimApply(self._world, {}, ApplyEnded(ok=False, locked=True, says="Error acquiring the state lock"))
        if document["serial"] != self.serial:
            return SimApply(self._world, {}, ApplyEnded(ok=False, stale=True, says="Saved plan is stale"))
        if self.fails:
            self.fails -= 1
            return SimApply(self._world, {}, ApplyEnded(ok=False, says="AccessDenied: PutMetricAlarm"))
        self.serial += 1
        self.locked_by = "the release that runs"
        begun = {}
        for service in self._differing(digest):
            ecs = self._world.ecs[service.region]
            definition = ecs.register(service.name, digest)
            self.state[service] = digest
            begun[service] = ecs.update(service.name, definition, self._release(service, document["at_once"]))
        self.running = SimApply(self._world, begun, None)
        return self.running

    def _differing(self, digest: str) -> list[Service]:
        """Services whose definition, or whose use of it by ECS, is another: a plan reads both."""
        ecs = self._world.ecs
        runs = {
            each: ecs[each.region].definitions[ecs[each.region].services[each.name].definition] for each in self.state
        }
        return [each for each, known in self.state.items() if known != digest or runs[each] != digest]

    def _release(self, service: Service, at_once: bool) -> Mapping[str, Any] | None:
        if service.role != API:
            return None
        steps = service.region == self._world.environment.regions[0] and not at_once
        if steps:
            return {"strategy": "LINEAR", "step_percent": 10.0, "step_minutes": 5, "bake_minutes": 15}
        return {"strategy": "BLUE_GREEN", "step_percent": 100.0, "step_minutes": 0, "bake_minutes": 15}

    def die(self, *, keeping_lock: bool) -> None:
        """The process is gone; what ECS was told goes on."""
        self.running = None
        self.locked_by = "somebody who died" if keeping_lock else None


class SimApply:
    """An apply; it has ended once its deployments have."""

    def __init__(self, world: "World", begun: Mapping[Service, SimDeployment], ended: ApplyEnded | None) -> None:
        self._world = world
        self._begun = begun
        self._ended = ended

    def ended(self) -> ApplyEnded | None:
        if self._ended is None and not any(each.status in STOPPABLE for each in self._begun.values()):
            failed = [
                f"{service}: {each.status}" for service, each in self._begun.items() if each.status != "SUCCESSFUL"
            ]
            self._ended = ApplyEnded(ok=not failed, says="; ".join(failed) or "Apply complete!")
            self._world.terraform.locked_by = None
        return self._ended

    def interrupt(self) -> None:
        """``sigint_rollback``: the provider has its deployments rolled back."""
        for service, each in self._begun.items():
            if each.status in {"PENDING", "IN_PROGRESS"}:
                self._world.ecs[service.region].stop_service_deployment(
                    serviceDeploymentArn=each.arn, stopType="ROLLBACK"
                )
        self._world.terraform.die(keeping_lock=False)


class SimSmoke:
    """Fails at shares of the requests that it is told, unless it is the old revision that comes back."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.fails_at: set[float] = set()
        self.ran_at: list[float] = []

    def run(self) -> SmokeResult:
        weight = self._world.weight()
        self.ran_at.append(weight)
        failed = weight in self.fails_at and self._world.coming() != OLD
        return SmokeResult(not failed, "create answered 500" if failed else "15 steps passed", "{}")


class SimBackup:
    """AWS Backup's client: a job that takes four minutes."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.fails = False
        self._began = MONDAY_MORNING

    def start_backup_job(self, **request: Any) -> dict[str, str]:
        self._world.calls.append(f"start-backup-job {request['ResourceArn'].rpartition('/')[2]}")
        self._began = self._world.clock.now()
        return {"BackupJobId": "job-1"}

    def describe_backup_job(self, **_request: Any) -> dict[str, str]:
        if self._world.clock.now() - self._began < timedelta(minutes=4):
            return {"State": "RUNNING"}
        return {"State": "FAILED" if self.fails else "COMPLETED"}


class SimCloudWatch:
    """CloudWatch's client of one region."""

    def __init__(self, standing: set[str]) -> None:
        self.standing = standing

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        states = {name: "ALARM" if name in self.standing else "OK" for name in request["AlarmNames"]}
        found = [{"AlarmName": name, "StateValue": state} for name, state in states.items()]
        return {"MetricAlarms": found, "CompositeAlarms": []}


@dataclass(slots=True)
class Prepared:
    """What is looked at besides: by default all is well."""

    found: list[Check] = field(default_factory=lambda: [Check("account", ok=True, detail="the right one")])
    missing: set[str] = field(default_factory=set)

    def checks(self, digest: str) -> list[Check]:
        return [*self.found, *self.images(digest)]

    def images(self, digest: str) -> list[Check]:
        return [Check("image", ok=digest not in self.missing, detail=digest)]


class World:
    """Everything, on one digest; ``calls`` has what was changed, in order.

    Args:
        on: the digest.
        clock: whose time it is; without it time passes when somebody waits.
    """

    def __init__(self, name: str, directory: Path, *, on: str = OLD, clock: Clock | None = None) -> None:
        self.environment: Environment = environment(name)
        self.directory = directory
        self.calls: list[str] = []
        self.told: list[str] = []
        self._events: list[When] = []
        self.standing: dict[str, set[str]] = {region: set() for region in self.environment.regions}
        self.ecs: dict[str, EcsRegion] = {}
        self.clock: Clock = clock or SimClock(self)
        self.terraform = SimTerraform(self)
        self.smoke = SimSmoke(self)
        self.backup = SimBackup(self)
        self.prepared = Prepared()
        for region in self.environment.regions:
            standing = partial(self.standing.__getitem__, region)
            self.ecs[region] = EcsRegion(region, self.environment.cluster, self.clock.now, standing, self.calls)
        for service in self.environment.services:
            alarms = [f"{self.environment.alarm_prefix}{n}" for n in range(self.environment.release_alarms)]
            self.ecs[service.region].create(service.name, on, alarms if service.role == API else ())
            self.terraform.state[service] = on

    def desk(self) -> Desk:
        """A desk as a new process makes it: it remembers nothing but the file."""
        evidence = Evidence(
            self.directory / "evidence.json",
            self.clock,
            {"environment": self.environment.name, "command": "test", "digest": NEW, "by": "tester"},
        )
        return Desk(
            environment=self.environment,
            deployments=EcsDeployments(self.environment, self.ecs.__getitem__, self.clock.now),
            alarms=CloudWatchAlarms(lambda region: SimCloudWatch(self.standing[region])),
            preparations=self.prepared,
            backups=VaultBackups(self.environment, self.backup),
            terraform=self.terraform,
            smoke=self.smoke,
            clock=self.clock,
            evidence=evidence,
            tell=self.told.append,
        )

    def run(self) -> None:
        """Lets happen what is due."""
        for ecs in self.ecs.values():
            ecs.run()
        if self.terraform.running is not None:
            self.terraform.running.ended()
        for event in self._events:
            if not event.happened and event.due():
                event.happened = True
                event.happen()

    def when(self, due: Callable[[], bool], happen: Callable[[], None]) -> None:
        """Has something happen once, as soon as it is due."""
        self._events.append(When(due, happen))

    def newest(self) -> SimDeployment | None:
        """The newest deployment of the API where requests go."""
        deployments = self.ecs[self.environment.regions[0]].services[self.environment.api.name].deployments
        return deployments[-1] if deployments else None

    def weight(self) -> float:
        """Percent of requests at the revision that comes."""
        newest = self.newest()
        return 0.0 if newest is None else newest.weight

    def coming(self) -> str | None:
        """Digest that the newest deployment of the API brings."""
        newest = self.newest()
        if newest is None:
            return None
        ecs = self.ecs[self.environment.regions[0]]
        return ecs.definitions[ecs.services[self.environment.api.name].revisions[newest.target]]

    def stage(self) -> str | None:
        """Stage of the newest deployment of the API, while it goes forward."""
        newest = self.newest()
        return newest.stage if newest is not None and newest.status == "IN_PROGRESS" else None

    def alarm(self, region: str | None = None) -> None:
        """An alarm on the new revision goes off."""
        where = region or self.environment.regions[0]
        self.standing[where].add(f"{self.environment.alarm_prefix}0")

    def kill(self) -> None:
        """The workflow's process is killed."""
        raise Killed

    def digests(self) -> set[str]:
        """What services run, by ECS."""
        return {ecs.definitions[service.definition] for ecs in self.ecs.values() for service in ecs.services.values()}

    def is_wholly_on(self, digest: str) -> bool:
        """One known state: every service, Terraform's state, and nothing under way or locked."""
        going = [
            each
            for ecs in self.ecs.values()
            for service in ecs.services.values()
            for each in service.deployments
            if each.status in STOPPABLE
        ]
        return (
            self.digests() == {digest}
            and set(self.terraform.state.values()) == {digest}
            and not going
            and self.terraform.locked_by is None
        )


def _change(
    service: Service, module: str, kind: str, actions: list[str], after: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    address = f'module.{service.region}.module.services.module.{module}["{service.role}"].{kind}.this'
    return _one(address, kind, actions, after)


def _one(address: str, kind: str, actions: list[str], after: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"address": address, "type": kind, "change": {"actions": actions, "after": dict(after or {})}}
