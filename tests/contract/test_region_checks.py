"""What is asked of AWS before a switch: readiness, health checkers, how far copies have come. On moto."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.outbound.aws.region_readiness import AwsRegionReadiness, RegionClients
from orders.adapters.outbound.aws.route53_health_checkers import Route53HealthCheckers
from orders.adapters.outbound.dynamodb.regions.replication import DynamoReplication
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.regions import MemoryReplication
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.health_checkers import CheckersView
from orders.ports.region_readiness import Need
from orders.ports.replication import Replication
from tests.contract.changes import placed
from tests.contract.endpoints import Endpoint
from tests.contract.order_stores import EmulatorTable, created_table, store_over
from tests.support.builders import NOON

CAPE, IRELAND = "af-south-1", "eu-west-1"
KINDS = ("ecs", "ecr", "elbv2", "acm", "ses", "secretsmanager")
DIGEST = "sha256:" + "0" * 64


@pytest.fixture
async def regions(moto_endpoint: Endpoint) -> AsyncIterator[dict[str, RegionClients]]:
    async with AsyncExitStack() as stack:
        yield {
            region: RegionClients(
                **{
                    kind: await stack.enter_async_context(moto_endpoint.client(kind, region_name=region))
                    for kind in KINDS
                }
            )
            for region in (CAPE, IRELAND)
        }


class Deployed:
    """A cluster of a name of its own, with one service; what it needs is added by each test."""

    def __init__(self, regions: dict[str, RegionClients]) -> None:
        self.regions = regions
        self.name = f"orders-{uuid4().hex[:8]}"
        self.readiness = AwsRegionReadiness(regions, FixedClock(NOON), cluster=self.name, services=[f"{self.name}-api"])

    async def deploy(self, region: str, *, tasks: int = 2, container: dict[str, Any] | None = None) -> None:
        clients = self.regions[region]
        await clients.ecs.create_cluster(clusterName=self.name)
        await clients.ecs.register_task_definition(
            family=self.name,
            containerDefinitions=[
                {"name": "api", "memory": 512, "image": f"1.dkr.ecr.{region}.amazonaws.com/orders@{DIGEST}"}
                | (container or {})
            ],
        )
        await clients.ecs.create_service(
            cluster=self.name, serviceName=f"{self.name}-api", taskDefinition=self.name, desiredCount=tasks
        )

    async def finding(self, need: Need, region: str = IRELAND) -> tuple[bool | None, str]:
        found = {each.need: each for each in await self.readiness.look(region)}
        assert list(found) == list(Need)
        return found[need].ok, found[need].detail

    async def tasks(self, region: str) -> int:
        answer = await self.regions[region].ecs.describe_services(cluster=self.name, services=[f"{self.name}-api"])
        count: int = answer["services"][0]["desiredCount"]
        return count


@pytest.fixture
def deployed(regions: dict[str, RegionClients]) -> Deployed:
    return Deployed(regions)


async def test_a_region_without_the_service_is_told_and_not_scaled(deployed: Deployed) -> None:
    assert await deployed.finding(Need.CAPACITY) == (None, "can't be asked: ClusterNotFoundException")
    lines = await deployed.readiness.scale(IRELAND, like=CAPE)
    assert lines == [
        "how many tasks af-south-1 has can't be asked (ClusterNotFoundException): eu-west-1 keeps its own number"
    ]
    await deployed.deploy(CAPE)
    assert "eu-west-1 can't be scaled" in (await deployed.readiness.scale(IRELAND, like=CAPE))[0]


async def test_the_target_is_scaled_up_and_never_down(deployed: Deployed) -> None:
    await deployed.deploy(CAPE, tasks=6)
    await deployed.deploy(IRELAND, tasks=1)
    assert await deployed.readiness.scale(IRELAND, like=CAPE) == [
        f"{deployed.name}-api in eu-west-1: 6 tasks instead of 1"
    ]
    assert await deployed.tasks(IRELAND) == 6
    assert await deployed.readiness.scale(IRELAND, like=CAPE) == []
    await deployed.regions[CAPE].ecs.update_service(
        cluster=deployed.name, service=f"{deployed.name}-api", desiredCount=2
    )
    assert await deployed.readiness.scale(IRELAND, like=CAPE) == []
    assert await deployed.tasks(IRELAND) == 6


async def test_tasks_that_do_not_run_are_lacking(deployed: Deployed) -> None:
    await deployed.deploy(IRELAND, tasks=2)
    ok, detail = await deployed.finding(Need.CAPACITY)
    assert (ok, detail) == (False, f"{deployed.name}-api 0/2 tasks run")


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (f"1.dkr.ecr.{IRELAND}.amazonaws.com/nothing@{DIGEST}", "is not in the registry"),
        (f"1.dkr.ecr.{CAPE}.amazonaws.com/orders@{DIGEST}", "is pulled from af-south-1"),
        ("registry.example/orders:1", "is in no registry of ours"),
    ],
)
async def test_an_image_that_is_missing_is_named(deployed: Deployed, image: str, why: str) -> None:
    await deployed.deploy(IRELAND, container={"image": image})
    ok, detail = await deployed.finding(Need.IMAGES)
    assert (ok, detail) == (False, f"{image} {why}")


async def test_an_image_that_is_there_is_found(deployed: Deployed) -> None:
    ecr = deployed.regions[IRELAND].ecr
    await ecr.create_repository(repositoryName=deployed.name)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"digest": "sha256:1", "size": 1},
            "layers": [],
        }
    )
    await ecr.put_image(repositoryName=deployed.name, imageManifest=manifest, imageTag="v1")
    image = f"1.dkr.ecr.{IRELAND}.amazonaws.com/{deployed.name}:v1"
    await deployed.deploy(IRELAND, container={"image": image})
    assert await deployed.finding(Need.IMAGES) == (True, "all 1 are in the registry")


async def test_secrets_need_a_value_in_the_region(deployed: Deployed) -> None:
    secrets = deployed.regions[IRELAND].secretsmanager
    given = {"environment": [{"name": "CURSOR_KEYS_SECRET", "value": deployed.name}, {"name": "X", "value": "y"}]}
    await deployed.deploy(IRELAND, container=given)
    assert await deployed.finding(Need.SECRETS) == (False, f"secret {deployed.name} does not exist in eu-west-1")
    await secrets.create_secret(Name=deployed.name)
    assert await deployed.finding(Need.SECRETS) == (False, f"secret {deployed.name} has no value in eu-west-1")
    await secrets.put_secret_value(SecretId=deployed.name, SecretString="k" * 32)
    assert await deployed.finding(Need.SECRETS) == (True, "all 1 have a value")


class Answers:
    """A client that gives one answer to each operation, as AWS documents it; moto has no certificate that ends."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        async def call(**_: Any) -> Any:
            return self._answers[operation]

        return call


def readiness_of(**answers: Any) -> AwsRegionReadiness:
    client = Answers(**answers)
    return AwsRegionReadiness({IRELAND: RegionClients(*[client] * 6)}, FixedClock(NOON), cluster="c", services=["api"])


BALANCED = {
    "describe_services": {
        "services": [
            {
                "serviceName": "api",
                "status": "ACTIVE",
                "taskDefinition": "t",
                "desiredCount": 2,
                "runningCount": 2,
                "loadBalancers": [{"targetGroupArn": "group"}],
            }
        ]
    },
    "describe_task_definition": {"taskDefinition": {"containerDefinitions": []}},
    "describe_target_groups": {"TargetGroups": [{"LoadBalancerArns": ["balancer"]}]},
    "describe_listeners": {"Listeners": [{"Certificates": [{"CertificateArn": "certificate"}]}]},
    "get_send_quota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 10.0, "MaxSendRate": 14.0},
    "describe_certificate": {"Certificate": {"DomainName": "x.example", "Status": "ISSUED"}},
}


@pytest.mark.parametrize(
    ("certificate", "ok", "words"),
    [
        ({"Status": "ISSUED", "NotAfter": NOON + timedelta(days=60)}, True, "all 1 are issued"),
        ({"Status": "ISSUED", "NotAfter": NOON + timedelta(days=13)}, False, "the certificate of x.example ends at"),
        ({"Status": "PENDING_VALIDATION"}, False, "the certificate of x.example is PENDING_VALIDATION"),
    ],
)
async def test_certificates_are_issued_and_hold_for_a_while(certificate: dict[str, Any], ok: bool, words: str) -> None:
    described = {"Certificate": {"DomainName": "x.example", **certificate}}
    found = await readiness_of(**BALANCED | {"describe_certificate": described}).look(IRELAND)
    finding = found[list(Need).index(Need.CERTIFICATES)]
    assert finding.ok is ok
    assert words in finding.detail
    assert found[list(Need).index(Need.CAPACITY)].detail == "api 2/2 tasks run"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"describe_listeners": {"Listeners": [{}]}}, "no listener in eu-west-1 has a certificate"),
        ({"describe_services": {"services": []}}, "no service is behind a load balancer"),
    ],
)
async def test_a_region_nobody_can_reach_is_lacking_certificates(changed: dict[str, Any], words: str) -> None:
    found = await readiness_of(**BALANCED | changed).look(IRELAND)
    finding = found[list(Need).index(Need.CERTIFICATES)]
    assert finding.ok is False
    assert words in finding.detail


@pytest.mark.parametrize(
    ("daily", "sent", "ok"), [(50_000, 10, True), (200, 0, False), (50_000, 50_000, False), (-1, 0, True)]
)
async def test_a_mail_quota_of_the_sandbox_or_one_that_is_used_up_is_lacking(
    daily: float, sent: float, ok: bool
) -> None:
    quota = {"Max24HourSend": daily, "SentLast24Hours": sent, "MaxSendRate": 1.0}
    found = await readiness_of(**BALANCED | {"get_send_quota": quota}).look(IRELAND)
    assert found[list(Need).index(Need.MAIL_QUOTA)].ok is ok


async def test_an_emulators_mail_quota_is_not_gone_by() -> None:
    clients = {IRELAND: RegionClients(*[Answers(**BALANCED)] * 6)}
    emulated = AwsRegionReadiness(clients, FixedClock(NOON), cluster="c", services=["api"], emulated=True)
    assert (await emulated.look(IRELAND))[list(Need).index(Need.MAIL_QUOTA)].ok is None


def reports(*statuses: str) -> Answers:
    observations = [{"Region": "eu-west-1", "StatusReport": {"Status": status}} for status in statuses]
    return Answers(get_health_check_status={"HealthCheckObservations": observations})


async def test_health_checkers_reports_are_counted() -> None:
    client = reports("Success: HTTP Status Code 200, OK", "Failure: HTTP Status Code 503", "Failure: timed out")
    checkers = Route53HealthCheckers(client, {CAPE: "1"})
    assert await checkers.view(CAPE) == CheckersView(1, 3)
    assert await checkers.view(IRELAND) is None
    none = await Route53HealthCheckers(reports(), {CAPE: "1"}).view(CAPE)
    assert none is not None
    assert not none.is_healthy


async def test_a_health_check_is_asked_by_its_id(moto_endpoint: Endpoint) -> None:
    async with moto_endpoint.client("route53", region_name="us-east-1") as client:
        made = await client.create_health_check(
            CallerReference=uuid4().hex,
            HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": "x.example", "Port": 443},
        )
        checkers = Route53HealthCheckers(client, {CAPE: made["HealthCheck"]["Id"], IRELAND: "nonesuch"})
        assert await checkers.view(CAPE) is not None
        with pytest.raises(PermanentPortError, match=r"eu-west-1's health check: NoSuchHealthCheck"):
            await checkers.view(IRELAND)
    async with Endpoint("nobody", "http://127.0.0.1:9").client("route53", region_name="us-east-1") as nobody:
        with pytest.raises(TransientPortError):
            await Route53HealthCheckers(nobody, {CAPE: "1"}).view(CAPE)


@pytest.fixture
async def two_tables(moto_endpoint: Endpoint) -> AsyncIterator[dict[str, EmulatorTable]]:
    stack = ExitStack()
    yield {
        region: await asyncio.to_thread(stack.enter_context, created_table(moto_endpoint, f"t{uuid4().hex[:10]}"))
        for region in (CAPE, IRELAND)
    }
    await asyncio.to_thread(stack.close)


async def test_markers_are_those_of_the_region_that_wrote_them(
    moto_endpoint: Endpoint, two_tables: dict[str, EmulatorTable]
) -> None:
    memory = MemoryReplication(CAPE, IRELAND, shards=8)
    memory.copying = False
    async with moto_endpoint.client("dynamodb") as client:
        names = {region: table.name for region, table in two_tables.items()}
        dynamo = DynamoReplication(dict.fromkeys(names, client), names, FixedClock(NOON), AlwaysWriter())
        adapters: list[Replication] = [memory, dynamo]
        for each in adapters:
            assert await each.marks(CAPE, of=CAPE) == [None] * 8
            for token in ("one", "two"):
                await each.mark(CAPE, token)
                assert await each.marks(CAPE, of=CAPE) == [token] * 8
            assert await each.marks(IRELAND, of=CAPE) == await each.marks(CAPE, of=IRELAND) == [None] * 8


async def test_recent_orders_are_those_of_each_region(
    moto_endpoint: Endpoint, two_tables: dict[str, EmulatorTable]
) -> None:
    async with moto_endpoint.client("dynamodb") as client:
        names = {region: table.name for region, table in two_tables.items()}
        replication = DynamoReplication(dict.fromkeys(names, client), names, FixedClock(NOON), AlwaysWriter())
        store = store_over(client, names[CAPE])
        late = [placed("demo", at=NOON - timedelta(hours=hours)) for hours in (0, 13)]
        for change in (*late, placed("demo", at=NOON - timedelta(hours=15))):
            await store.orders.add(change)
        since = NOON - timedelta(hours=14)
        assert await replication.recent(CAPE, since) == {
            f"demo/{change.order.order_id}": change.order.sequence for change in late
        }
        assert await replication.recent(IRELAND, since) == {}
