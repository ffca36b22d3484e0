"""What a region of AWS needs to take the writer's part. Contract: ports/region_readiness.py.

What can't be asked: whether the mail account is out of SES's sandbox (its quota tells: 200 a day), whether a limit of
the account would stop more tasks, and whether a zone of the region has room for them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import kind_of
from orders.adapters.together import together
from orders.ports.clock import Clock
from orders.ports.region_readiness import Finding, Need

SANDBOX_QUOTA = 200
"""SES's daily quota of an account that may send to verified addresses only."""
CERTIFICATE_LEFT = timedelta(days=14)
_IMAGE = re.compile(
    r"\d+\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>.+))"
)
_SECRET_NAMES = ("API_KEYS_SECRET", "CURSOR_KEYS_SECRET")


@dataclass(frozen=True, slots=True)
class RegionClients:
    """A region's open clients; the parts that are used are those of the methods here."""

    ecs: Any
    ecr: Any
    elbv2: Any
    acm: Any
    ses: Any
    secretsmanager: Any


class _Lacking(Exception):
    """The region lacks something; the message names it."""


class AwsRegionReadiness:
    """``RegionReadiness`` by the services as they are deployed in each region."""

    def __init__(
        self,
        clients: Mapping[str, RegionClients],
        clock: Clock,
        *,
        cluster: str,
        services: Sequence[str],
        emulated: bool = False,
    ) -> None:
        """``clients`` by region; ``cluster`` and at most ten ``services`` have the same names in each.

        ``emulated`` says that it is no AWS: emulators tell the quota of a sandbox.
        """
        self._emulated = emulated
        self._clients = clients
        self._clock = clock
        self._cluster = cluster
        self._services = services

    async def look(self, region: str) -> Sequence[Finding]:
        """See ``RegionReadiness.look``."""
        clients = self._clients[region]
        looks: Mapping[Need, Callable[[RegionClients, str], Awaitable[str]]] = {
            Need.IMAGES: self._images,
            Need.SECRETS: self._secrets,
            Need.CERTIFICATES: self._certificates,
            Need.MAIL_QUOTA: self._mail_quota,
            Need.CAPACITY: self._capacity,
        }

        async def finding(need: Need) -> Finding:
            if self._emulated and need is Need.MAIL_QUOTA:
                return Finding(need, None, "an emulator's figure says nothing")
            try:
                return Finding(need, True, await looks[need](clients, region))
            except _Lacking as lacking:
                return Finding(need, False, str(lacking))
            except (BotoCoreError, ClientError) as error:
                return Finding(need, None, f"can't be asked: {kind_of(error)}")

        return await together(*map(finding, Need))

    async def scale(self, target: str, *, like: str) -> Sequence[str]:
        """See ``RegionReadiness.scale``."""
        try:
            wanted = {each["serviceName"]: each["desiredCount"] for each in await self._deployed(self._clients[like])}
        except (BotoCoreError, ClientError) as error:
            return [f"how many tasks {like} has can't be asked ({kind_of(error)}): {target} keeps its own number"]
        lines: list[str] = []
        try:
            for each in await self._deployed(self._clients[target]):
                name, there, here = each["serviceName"], wanted.get(each["serviceName"], 0), each["desiredCount"]
                if there > here:
                    await self._clients[target].ecs.update_service(
                        cluster=self._cluster, service=name, desiredCount=there
                    )
                    lines.append(f"{name} in {target}: {there} tasks instead of {here}")
        except (BotoCoreError, ClientError) as error:
            lines.append(f"{target} can't be scaled ({kind_of(error)}): it keeps its other numbers")
        return lines

    async def _deployed(self, clients: RegionClients) -> list[dict[str, Any]]:
        answer = await clients.ecs.describe_services(cluster=self._cluster, services=list(self._services))
        return [each for each in answer["services"] if each["status"] == "ACTIVE"]

    async def _containers(self, clients: RegionClients) -> list[dict[str, Any]]:
        """Returns the containers of every deployed service. Raises: _Lacking."""
        deployed = await self._deployed(clients)
        missing = sorted(set(self._services) - {each["serviceName"] for each in deployed})
        if missing:
            raise _Lacking(f"not deployed: {', '.join(missing)}")
        definitions = await together(
            *(
                clients.ecs.describe_task_definition(taskDefinition=name)
                for name in sorted({each["taskDefinition"] for each in deployed})
            )
        )
        return [each for answer in definitions for each in answer["taskDefinition"]["containerDefinitions"]]

    async def _images(self, clients: RegionClients, region: str) -> str:
        images = sorted({each["image"] for each in await self._containers(clients)})
        for image in images:
            found = _IMAGE.fullmatch(image)
            if found is None:
                raise _Lacking(f"{image} is in no registry of ours")
            if found["region"] != region:
                raise _Lacking(f"{image} is pulled from {found['region']}")
            wanted = {"imageDigest": found["digest"]} if found["digest"] else {"imageTag": found["tag"]}
            try:
                await clients.ecr.describe_images(repositoryName=found["name"], imageIds=[wanted])
            except ClientError as error:
                if kind_of(error) in {"ImageNotFoundException", "RepositoryNotFoundException"}:
                    raise _Lacking(f"{image} is not in the registry") from error
                raise
        return f"all {len(images)} are in the registry"

    async def _secrets(self, clients: RegionClients, region: str) -> str:
        containers = await self._containers(clients)
        names = {each["valueFrom"] for container in containers for each in container.get("secrets", ())}
        names |= {
            each["value"]
            for container in containers
            for each in container.get("environment", ())
            if each["name"] in _SECRET_NAMES
        }
        for name in sorted(names):
            try:
                described = await clients.secretsmanager.describe_secret(SecretId=name)
            except ClientError as error:
                if kind_of(error) == "ResourceNotFoundException":
                    raise _Lacking(f"secret {name} does not exist in {region}") from error
                raise
            if not any("AWSCURRENT" in labels for labels in described.get("VersionIdsToStages", {}).values()):
                raise _Lacking(f"secret {name} has no value in {region}")
        return f"all {len(names)} have a value"

    async def _certificates(self, clients: RegionClients, region: str) -> str:
        groups = {
            balancer["targetGroupArn"]
            for each in await self._deployed(clients)
            for balancer in each.get("loadBalancers", ())
            if "targetGroupArn" in balancer
        }
        if not groups:
            raise _Lacking(f"no service is behind a load balancer in {region}")
        described = await clients.elbv2.describe_target_groups(TargetGroupArns=sorted(groups))
        balancers = {arn for group in described["TargetGroups"] for arn in group["LoadBalancerArns"]}
        listeners = await together(*(clients.elbv2.describe_listeners(LoadBalancerArn=arn) for arn in balancers))
        arns = {
            certificate["CertificateArn"]
            for answer in listeners
            for listener in answer["Listeners"]
            for certificate in listener.get("Certificates", ())
        }
        if not arns:
            raise _Lacking(f"no listener in {region} has a certificate")
        for arn in sorted(arns):
            certificate = (await clients.acm.describe_certificate(CertificateArn=arn))["Certificate"]
            if certificate["Status"] != "ISSUED":
                raise _Lacking(f"the certificate of {certificate['DomainName']} is {certificate['Status']}")
            ends = certificate.get("NotAfter")
            if ends is not None and ends - self._clock.now() < CERTIFICATE_LEFT:
                raise _Lacking(f"the certificate of {certificate['DomainName']} ends at {ends:%Y-%m-%d}")
        return f"all {len(arns)} are issued, and hold for {CERTIFICATE_LEFT.days} days and more"

    async def _mail_quota(self, clients: RegionClients, region: str) -> str:
        quota = await clients.ses.get_send_quota()
        daily, sent = quota["Max24HourSend"], quota["SentLast24Hours"]
        words = f"{sent:.0f} of {daily:.0f} mails a day, {quota['MaxSendRate']:.0f} a second"
        if daily == -1:
            return "no limit"
        if daily <= SANDBOX_QUOTA:
            raise _Lacking(f"{words}: {region}'s account is in SES's sandbox, and mails to verified addresses only")
        if sent >= daily:
            raise _Lacking(f"{words}: it is used up")
        return words

    async def _capacity(self, clients: RegionClients, region: str) -> str:
        deployed = await self._deployed(clients)
        words = ", ".join(f"{each['serviceName']} {each['runningCount']}/{each['desiredCount']}" for each in deployed)
        missing = sorted(set(self._services) - {each["serviceName"] for each in deployed})
        if missing:
            raise _Lacking(f"not deployed in {region}: {', '.join(missing)}")
        short = [each for each in deployed if each["runningCount"] < max(each["desiredCount"], 1)]
        if short:
            raise _Lacking(f"{words} tasks run")
        return f"{words} tasks run"
