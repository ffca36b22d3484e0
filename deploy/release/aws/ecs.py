"""Services and their deployments, by ECS."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from deploy.release.aws.calls import asked
from deploy.release.figures import Environment
from deploy.release.model import Deployment, Refused, Seen, Service, ServiceState, Status
from deploy.release.plan import CONTAINER, DIGEST

RECENT = timedelta(days=7)
"""Older deployments say nothing of a release that is under way."""
_MOST_DESCRIBED = {"services": 10, "deployments": 20, "revisions": 20}
"""Limits of the API's calls."""


class EcsDeployments:
    """ECS in each region of an environment.

    Args:
        client: gives the ECS client of a region.
        now: the time, for the window that is looked at.
    """

    def __init__(self, environment: Environment, client: Callable[[str], Any], now: Callable[[], datetime]) -> None:
        self._environment = environment
        self._client = client
        self._now = now
        # Revisions and definitions never change.
        self._revisions: dict[str, str | None] = {}
        self._definitions: dict[str, Mapping[str, Any]] = {}

    def observe(self) -> Seen:
        """Raises: CloudFailed, Refused."""
        described = {region: self._described(region) for region in self._environment.regions}
        services = self._environment.services
        return Seen(tuple(self._state(each, described[each.region][each.name]) for each in services))

    def history(self, service: Service) -> Sequence[Deployment]:
        """Raises: CloudFailed."""
        return self._deployments(service, since=None)

    def stop(self, deployment: Deployment) -> None:
        """Raises: CloudFailed."""
        client = self._client(deployment.service.region)
        # One that has ended meanwhile is no fault: what has become of it is looked at next.
        with asked(f"stop-service-deployment of {deployment.service}", but_for="ConflictException"):
            client.stop_service_deployment(serviceDeploymentArn=deployment.arn, stopType="ROLLBACK")

    def snapshot(self, seen: Seen) -> dict[str, Any]:
        """Raises: CloudFailed."""
        found = {}
        for state in seen.states:
            definition = self._definition(state.service.region, state.task_definition)
            found[str(state.service)] = {
                "arn": state.task_definition,
                "running": state.running,
                "images": {each["name"]: each["image"] for each in definition["containerDefinitions"]},
                "cpu": definition.get("cpu"),
                "memory": definition.get("memory"),
            }
        return found

    def _described(self, region: str) -> dict[str, Mapping[str, Any]]:
        client = self._client(region)
        names = [service.name for service in self._environment.services if service.region == region]
        found: dict[str, Mapping[str, Any]] = {}
        for part in _parts(names, _MOST_DESCRIBED["services"]):
            answer: Mapping[str, Any] = {"services": []}
            with asked(f"describe-services in {region}", but_for="ClusterNotFoundException"):
                answer = client.describe_services(cluster=self._environment.cluster, services=part)
            found |= {each["serviceName"]: each for each in answer["services"] if each["status"] == "ACTIVE"}
        missing = sorted(set(names) - set(found))
        if missing:
            raise Refused(f"{region} has no service {', '.join(missing)}: the environment is not set up there")
        return found

    def _state(self, service: Service, described: Mapping[str, Any]) -> ServiceState:
        recent = self._deployments(service, since=self._now() - RECENT)
        alarms = described.get("deploymentConfiguration", {}).get("alarms", {})
        definition = self._definition(service.region, described["taskDefinition"])
        images = {each["name"]: each["image"] for each in definition["containerDefinitions"]}
        return ServiceState(
            service=service,
            digest=_digest(images.get(CONTAINER, "")),
            task_definition=described["taskDefinition"],
            running=described["runningCount"],
            desired=described["desiredCount"],
            newest=recent[0] if recent else None,
            alarm_names=tuple(alarms.get("alarmNames", ())) if alarms.get("enable") else (),
        )

    def _deployments(self, service: Service, since: datetime | None) -> list[Deployment]:
        client = self._client(service.region)
        window = {} if since is None else {"createdAt": {"after": since}}
        with asked(f"list-service-deployments of {service}"):
            arns = [each["serviceDeploymentArn"] for each in self._listed(client, service, window)]
            found = []
            for part in _parts(arns, _MOST_DESCRIBED["deployments"]):
                answer = client.describe_service_deployments(serviceDeploymentArns=part)
                found += answer["serviceDeployments"]
            self._know(client, found)
        ours = [self._read(service, each) for each in found]
        # In which order ECS lists them is not promised.
        return sorted(ours, key=lambda each: each.created_at, reverse=True)

    def _listed(self, client: Any, service: Service, window: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            answer = client.list_service_deployments(
                cluster=self._environment.cluster, service=service.name, maxResults=100, **window, **more
            )
            yield from answer["serviceDeployments"]
            if not answer.get("nextToken"):
                return
            more = {"nextToken": answer["nextToken"]}

    def _know(self, client: Any, deployments: Iterable[Mapping[str, Any]]) -> None:
        """Looks up the images of revisions that are new."""
        named = {arn for each in deployments for arn in _revisions(each)} - set(self._revisions)
        for part in _parts(sorted(named), _MOST_DESCRIBED["revisions"]):
            answer = client.describe_service_revisions(serviceRevisionArns=part)
            for revision in answer["serviceRevisions"]:
                self._revisions[revision["serviceRevisionArn"]] = _image_digest(revision)

    def _read(self, service: Service, raw: Mapping[str, Any]) -> Deployment:
        target = raw.get("targetServiceRevision", {})
        # Where it goes back to stands in the rollback once there is one; before that, what it replaces is it.
        sources = [raw["rollback"]["serviceRevisionArn"]] if raw.get("rollback", {}).get("serviceRevisionArn") else []
        sources += [each["arn"] for each in raw.get("sourceServiceRevisions", [])]
        return Deployment(
            arn=raw["serviceDeploymentArn"],
            service=service,
            status=Status(raw["status"]),
            created_at=raw["createdAt"],
            digest=self._revisions.get(target.get("arn", "")),
            before=self._revisions.get(sources[0]) if sources else None,
            weight=target.get("requestedProductionTrafficWeight", 0.0),
            stage=raw.get("lifecycleStage"),
            in_steps=raw.get("deploymentConfiguration", {}).get("strategy") == "LINEAR",
            reason=raw.get("rollback", {}).get("reason") or raw.get("statusReason", ""),
            alarms=tuple(raw.get("alarms", {}).get("triggeredAlarmNames", ())),
        )

    def _definition(self, region: str, arn: str) -> Mapping[str, Any]:
        if arn not in self._definitions:
            with asked(f"describe-task-definition {arn}"):
                answer = self._client(region).describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = answer["taskDefinition"]
        return self._definitions[arn]


def _revisions(deployment: Mapping[str, Any]) -> Iterator[str]:
    """Yields the revisions that a deployment names."""
    yield from (each["arn"] for each in deployment.get("sourceServiceRevisions", []))
    for arn in (
        deployment.get("targetServiceRevision", {}).get("arn"),
        deployment.get("rollback", {}).get("serviceRevisionArn"),
    ):
        if arn:
            yield arn


def _image_digest(revision: Mapping[str, Any]) -> str | None:
    images = {each.get("containerName"): each for each in revision.get("containerImages", [])}
    ours = images.get(CONTAINER, {})
    return _digest(ours.get("image", "")) or ours.get("imageDigest")


def _digest(image: str) -> str | None:
    found = image.partition("@")[2]
    return found if DIGEST.fullmatch(found) else None


def _parts(values: Sequence[str], most: int) -> Iterator[list[str]]:
    return (list(values[start : start + most]) for start in range(0, len(values), most))
