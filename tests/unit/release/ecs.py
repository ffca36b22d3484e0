"""A state machine of ECS's service deployments, made from AWS's documentation: what a client of one region sees.

Every change of a status or a stage is one of `STATUS_CHANGES` and `STAGES`, each with the page that says so; every
request and answer is held against the service's own model, as botocore has it. Time is the test's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

GUIDE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide"
REFERENCE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
STATES = f"{GUIDE}/service-deployment.html"
STOPPING = f"{GUIDE}/stop-service-deployment.html"
ALARMS = f"{GUIDE}/deployment-alarm-failure.html"
FAILURES = f"{GUIDE}/deployment-failure-detection.html"
LINEAR = f"{GUIDE}/deployment-type-linear.html"
LINEAR_STEPS = f"{REFERENCE}/API_LinearConfiguration.html"
BLUE_GREEN = f"{GUIDE}/blue-green-deployment-how-it-works.html"
DEPLOYMENT = f"{REFERENCE}/API_ServiceDeployment.html"
STANDING_ALARM = "https://aws.github.io/copilot-cli/docs/manifest/lb-web-service/#deployment"
"""An alarm that stands when a deployment begins: ECS watches no alarm for all of it."""

STATUS_CHANGES: Mapping[tuple[str | None, str], str] = {
    (None, "PENDING"): STATES,  # created, and not started
    ("PENDING", "IN_PROGRESS"): STATES,
    ("IN_PROGRESS", "SUCCESSFUL"): STATES,
    ("PENDING", "ROLLBACK_REQUESTED"): STOPPING,
    ("IN_PROGRESS", "ROLLBACK_REQUESTED"): STOPPING,
    ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"): STOPPING,  # "and then the rollback operation starts"
    ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"): FAILURES,  # by the circuit breaker, or by an alarm
    ("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"): STATES,
    ("ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"): STATES,
}
STOPPABLE = {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
"""What `StopServiceDeployment` takes: STOPPING. The last three go on as they are."""

STAGES: Sequence[tuple[str, str]] = (
    ("PRE_SCALE_UP", DEPLOYMENT),  # green has not started
    ("SCALE_UP", DEPLOYMENT),  # green scales up to 100 % and serves nothing: a green that never gets healthy stays here
    ("POST_SCALE_UP", DEPLOYMENT),
    ("TEST_TRAFFIC_SHIFT", DEPLOYMENT),
    ("POST_TEST_TRAFFIC_SHIFT", DEPLOYMENT),
    ("PRODUCTION_TRAFFIC_SHIFT", LINEAR),  # equal increments, each with its wait: LINEAR_STEPS
    ("POST_PRODUCTION_TRAFFIC_SHIFT", DEPLOYMENT),
    ("BAKE_TIME", BLUE_GREEN),  # both run; an alarm, or whoever asks, still brings blue back
    ("CLEAN_UP", DEPLOYMENT),
)
TICK = timedelta(seconds=5)
TASKS_START = timedelta(seconds=60)
ROLLING = timedelta(seconds=120)
GIVEN_UP = timedelta(seconds=180)
"""After so long the circuit breaker ends a rolling deployment that doesn't start."""
BACK = timedelta(seconds=60)
LISTED_AT_MOST = 3
"""Deployments in one page of a list: few, so that whoever reads one page alone is noticed."""


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("ecs")


def checked(
    operation: str, request: Mapping[str, Any], answer: Mapping[str, Any], form: object = None
) -> dict[str, Any]:
    """Returns the answer, once both are what AWS's model says.

    Args:
        form: what of the answer's form differs from call to call; each is validated once, for it takes long.

    Raises: ParamValidationError.
    """
    known = (operation, tuple(sorted(request)), str(form))
    if known not in _VALIDATED:
        found = model().operation_model(operation)
        validate_parameters(dict(request), found.input_shape)
        validate_parameters(dict(answer), found.output_shape)
        _VALIDATED.add(known)
    return dict(answer)


_VALIDATED: set[tuple[str, tuple[str, ...], str]] = set()


def refused(code: str, operation: str, message: str) -> ClientError:
    assert code in {each.name for each in model().operation_model(operation).error_shapes}
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass(slots=True)
class SimDeployment:
    """One service deployment."""

    arn: str
    source: str
    target: str
    created_at: datetime
    strategy: str
    step_percent: float
    step_minutes: int
    bake_minutes: int
    alarm_names: Sequence[str]
    watched: bool
    status: str | None = None
    status_since: datetime | None = None
    stage: str | None = None
    stage_since: datetime | None = None
    weight: float = 0.0
    shifted_at: datetime | None = None
    reason: str = ""
    triggered: list[str] = field(default_factory=list)

    def becomes(self, status: str, now: datetime, reason: str = "") -> None:
        """Changes the status. Raises: AssertionError: no page knows such a change."""
        assert (self.status, status) in STATUS_CHANGES, f"{self.status} to {status}"
        self.status, self.status_since = status, now
        self.reason = reason or self.reason

    def enters(self, stage: str, now: datetime) -> None:
        """Enters the next stage. Raises: AssertionError: it is not the next one."""
        names = [name for name, _ in STAGES]
        assert names.index(stage) == (0 if self.stage is None else names.index(self.stage) + 1)
        self.stage, self.stage_since = stage, now


@dataclass(slots=True)
class SimService:
    """One service; revisions by ARN have the ARN of their task definition."""

    name: str
    desired: int
    definition: str
    revisions: dict[str, str] = field(default_factory=dict)
    deployments: list[SimDeployment] = field(default_factory=list)
    alarm_names: tuple[str, ...] = ()


class EcsRegion:
    """ECS in one region, as its client.

    Args:
        standing: tells which alarms stand in this region now.
        calls: changing calls are written here, as they are made.
    """

    def __init__(
        self,
        region: str,
        cluster: str,
        now: Callable[[], datetime],
        standing: Callable[[], set[str]],
        calls: list[str],
    ) -> None:
        self.region = region
        self._cluster = cluster
        self._now = now
        self._standing = standing
        self._calls = calls
        self._ran_to = now()
        self._number = 0
        self.services: dict[str, SimService] = {}
        self.definitions: dict[str, str] = {}
        self.unhealthy: set[tuple[str, str]] = set()
        """Services, and digests whose tasks never get healthy there."""
        self.out = False
        """Every call of a client fails."""
        self.stuck: set[str] = set()
        """Names of services whose rollback fails."""

    # What Terraform does here, in short.

    def create(self, name: str, digest: str, alarm_names: Sequence[str] = ()) -> None:
        """A service that has been there for longer than ECS remembers."""
        definition = self.register(name, digest)
        self.services[name] = SimService(name, 2, definition, alarm_names=tuple(alarm_names))
        self._revision(self.services[name], definition)

    def register(self, name: str, digest: str) -> str:
        """Registers a task definition; returns its ARN."""
        self._number += 1
        arn = f"arn:aws:ecs:{self.region}:093646564004:task-definition/{name}:{self._number}"
        self.definitions[arn] = digest
        return arn

    def update(self, name: str, definition: str, release: Mapping[str, Any] | None) -> SimDeployment:
        """UpdateService with another task definition; ``release`` has the API's strategy, ``None`` rolls."""
        service = self.services[name]
        assert not any(each.status in STOPPABLE for each in service.deployments), "one deployment at a time"
        source = next(arn for arn, each in reversed(service.revisions.items()) if each == service.definition)
        target = self._revision(service, definition)
        service.definition = definition
        given = release or {"strategy": "ROLLING", "step_percent": 0, "step_minutes": 0, "bake_minutes": 0}
        self._number += 1
        standing = self._standing() & set(service.alarm_names)
        made = SimDeployment(
            arn=f"arn:aws:ecs:{self.region}:093646564004:service-deployment/{self._cluster}/{name}/{self._number:020}",
            source=source,
            target=target,
            created_at=self._now(),
            alarm_names=service.alarm_names,
            # STANDING_ALARM: this deployment is blind.
            watched=bool(service.alarm_names) and not standing,
            **given,
        )
        made.becomes("PENDING", self._now())
        service.deployments.append(made)
        self._calls.append(f"update-service {name} {self.definitions[definition]} {given['strategy']}")
        return made

    def _revision(self, service: SimService, definition: str) -> str:
        self._number += 1
        arn = (
            f"arn:aws:ecs:{self.region}:093646564004:service-revision/{self._cluster}/{service.name}/{self._number:019}"
        )
        service.revisions[arn] = definition
        return arn

    # Time.

    def run(self) -> None:
        """Lets everything happen up to now."""
        until = self._now()
        while self._ran_to < until:
            self._ran_to = min(self._ran_to + TICK, until)
            for service in self.services.values():
                for each in service.deployments[-1:]:
                    self._tick(service, each, self._ran_to)

    def _tick(self, service: SimService, it: SimDeployment, now: datetime) -> None:
        assert it.status_since is not None
        since = now - it.status_since
        if it.status == "PENDING":
            it.becomes("IN_PROGRESS", now)
        elif it.status == "ROLLBACK_REQUESTED":
            self._back(service, it, now)
        elif it.status == "ROLLBACK_IN_PROGRESS" and since >= BACK:
            it.becomes("ROLLBACK_FAILED" if service.name in self.stuck else "ROLLBACK_SUCCESSFUL", now)
        elif it.status == "IN_PROGRESS":
            self._go_on(service, it, now)

    def _go_on(self, service: SimService, it: SimDeployment, now: datetime) -> None:
        standing = sorted(self._standing() & set(it.alarm_names))
        if it.watched and standing:
            it.triggered = standing
            self._back(service, it, now, "Service deployment rolled back because of alarm(s) in ALARM state.")
            return
        healthy = (service.name, self.definitions[service.revisions[it.target]]) not in self.unhealthy
        if it.strategy == "ROLLING":
            assert it.status_since is not None
            since = now - it.status_since
            if healthy and since >= ROLLING:
                it.becomes("SUCCESSFUL", now)
            elif not healthy and since >= GIVEN_UP:
                self._back(service, it, now, "tasks failed to start (deployment circuit breaker)")
            return
        self._stage(it, now, healthy=healthy)

    def _stage(self, it: SimDeployment, now: datetime, *, healthy: bool) -> None:
        names = [name for name, _ in STAGES]
        if it.stage is None:
            it.enters(names[0], now)
            return
        assert it.stage_since is not None
        since = now - it.stage_since
        through = {
            "SCALE_UP": healthy and since >= TASKS_START,
            "PRODUCTION_TRAFFIC_SHIFT": self._shifted(it, now),
            "BAKE_TIME": since >= timedelta(minutes=it.bake_minutes),
            "CLEAN_UP": since >= TASKS_START,
        }.get(it.stage, True)
        if through and it.stage == names[-1]:
            it.becomes("SUCCESSFUL", now)
        elif through:
            it.enters(names[names.index(it.stage) + 1], now)

    @staticmethod
    def _shifted(it: SimDeployment, now: datetime) -> bool:
        """Moves the next step's requests; true when all have moved, after which no step is waited for: LINEAR_STEPS."""
        if it.stage != "PRODUCTION_TRAFFIC_SHIFT":
            return False
        if it.shifted_at is None or now - it.shifted_at >= timedelta(minutes=it.step_minutes):
            it.weight = min(100.0, it.weight + it.step_percent)
            it.shifted_at = now
        return it.weight >= 100.0

    def _back(self, service: SimService, it: SimDeployment, now: datetime, reason: str = "") -> None:
        """All requests go to blue at once, and the service is again what it was."""
        it.becomes("ROLLBACK_IN_PROGRESS", now, reason)
        it.weight = 0.0
        service.definition = service.revisions[it.source]

    # What the tool calls.

    def _answers(self, operation: str) -> None:
        if self.out:
            raise refused("ServerException", operation, "try again later")

    def describe_services(self, **request: Any) -> dict[str, Any]:
        self._answers("DescribeServices")
        assert request["cluster"] == self._cluster
        assert len(request["services"]) <= 10
        found = [self._service(self.services[name]) for name in request["services"] if name in self.services]
        return checked("DescribeServices", request, {"services": found, "failures": []})

    def _service(self, service: SimService) -> dict[str, Any]:
        configuration: dict[str, Any] = {"strategy": "LINEAR" if service.alarm_names else "ROLLING"}
        if service.alarm_names:
            configuration["alarms"] = {"alarmNames": list(service.alarm_names), "enable": True, "rollback": True}
        return {
            "serviceName": service.name,
            "status": "ACTIVE",
            "taskDefinition": service.definition,
            "desiredCount": service.desired,
            "runningCount": service.desired,
            "deploymentConfiguration": configuration,
        }

    def describe_task_definition(self, **request: Any) -> dict[str, Any]:
        digest = self.definitions[request["taskDefinition"]]
        containers = [
            {"name": "orders", "image": f"093646564004.dkr.ecr.{self.region}.amazonaws.com/bbws-orders@{digest}"},
            {"name": "log-router", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:3"},
        ]
        found = {"taskDefinitionArn": request["taskDefinition"], "containerDefinitions": containers, "cpu": "1024"}
        return checked("DescribeTaskDefinition", request, {"taskDefinition": found})

    def list_service_deployments(self, **request: Any) -> dict[str, Any]:
        service = self.services[request["service"]]
        after = request.get("createdAt", {}).get("after")
        found = [each for each in service.deployments if after is None or each.created_at >= after]
        start = int(request.get("nextToken", 0))
        brief = [{"serviceDeploymentArn": each.arn, "status": each.status} for each in found]
        answer: dict[str, Any] = {"serviceDeployments": brief[start : start + LISTED_AT_MOST]}
        if start + LISTED_AT_MOST < len(found):
            answer["nextToken"] = str(start + LISTED_AT_MOST)
        return checked("ListServiceDeployments", request, answer)

    def describe_service_deployments(self, **request: Any) -> dict[str, Any]:
        wanted = request["serviceDeploymentArns"]
        assert 0 < len(wanted) <= 20
        found = [self._deployment(each) for _, each in self._all() if each.arn in wanted]
        form = sorted({str((each["status"], each.get("lifecycleStage"))) for each in found})
        return checked("DescribeServiceDeployments", request, {"serviceDeployments": found, "failures": []}, form)

    @staticmethod
    def _deployment(it: SimDeployment) -> dict[str, Any]:
        found: dict[str, Any] = {
            "serviceDeploymentArn": it.arn,
            "status": it.status,
            "createdAt": it.created_at,
            "sourceServiceRevisions": [{"arn": it.source, "requestedProductionTrafficWeight": 100 - it.weight}],
            "targetServiceRevision": {"arn": it.target, "requestedProductionTrafficWeight": it.weight},
            "deploymentConfiguration": {"strategy": it.strategy, "bakeTimeInMinutes": it.bake_minutes},
            "alarms": {"alarmNames": list(it.alarm_names), "triggeredAlarmNames": it.triggered},
        }
        if it.stage is not None:
            found["lifecycleStage"] = it.stage
        if it.status is not None and it.status.startswith("ROLLBACK"):
            found["rollback"] = {"reason": it.reason, "serviceRevisionArn": it.source}
        return found

    def describe_service_revisions(self, **request: Any) -> dict[str, Any]:
        assert 0 < len(request["serviceRevisionArns"]) <= 20
        found = [
            {
                "serviceRevisionArn": arn,
                "containerImages": [
                    {"containerName": "log-router", "image": "public.ecr.aws/fluent-bit:3"},
                    {"containerName": "orders", "image": f"x.dkr.ecr/bbws-orders@{self.definitions[definition]}"},
                ],
            }
            for service in self.services.values()
            for arn, definition in service.revisions.items()
            if arn in request["serviceRevisionArns"]
        ]
        return checked("DescribeServiceRevisions", request, {"serviceRevisions": found, "failures": []})

    def stop_service_deployment(self, **request: Any) -> dict[str, Any]:
        self._answers("StopServiceDeployment")
        assert request["stopType"] == "ROLLBACK"
        service, it = next(each for each in self._all() if each[1].arn == request["serviceDeploymentArn"])
        if it.status not in STOPPABLE:
            raise refused("ConflictException", "StopServiceDeployment", f"the deployment is {it.status}")
        if it.status in {"PENDING", "IN_PROGRESS"}:
            it.becomes("ROLLBACK_REQUESTED", self._now(), "Service deployment rolled back: requested by user.")
            self._calls.append(f"stop-service-deployment {service.name}")
        return checked("StopServiceDeployment", request, {"serviceDeploymentArn": it.arn})

    def _all(self) -> Iterator[tuple[SimService, SimDeployment]]:
        return ((service, each) for service in self.services.values() for each in service.deployments)
