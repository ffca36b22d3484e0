"""Names given in settings are what everything uses, as after a restore: no derived name exists here ([DATA-4])."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import orders
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.events.replay_events import Selection
from orders.bootstrap.aws import AwsClients, open_clients, queue_wait
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.container.container import Container
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.operator.overview import open_overview
from orders.bootstrap.operator.templates import open_templates_desk
from orders.bootstrap.operator.tools import open_replay, open_suppressions, open_tenants, open_unreadable
from orders.bootstrap.resources.addresses import resolve_addresses
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.names import ResourceNames, names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.api import open_container
from orders.bootstrap.server.region_watch import HeldLease
from orders.bootstrap.telemetry import Telemetry
from orders.bootstrap.workers import WORKERS
from orders.domain.lifecycle import Role
from tests.contract.moto_server import moto_server
from tests.support.builders import a_draft, an_order_id, placed

RESTORED = {
    "orders_table": "orders-restored", "erasure_ledger_table": "ledger-restored",
    "documents_bucket": "documents-restored", "templates_bucket": "templates-restored",
}  # fmt: skip
TENANT = "tenant_a"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def settings(aws: str, tmp_path: Path) -> Settings:
    given: dict[str, Any] = {"aws_endpoint_url": aws, "orders_data_dir": tmp_path, "queue_wait_seconds": 0}
    # No other suite has resources of this environment: what is derived isn't there to fall back on.
    given |= {"auth_issuer": "https://issuer.invalid", "auth_audiences": {"web"}, "cursor_keys": ("k" * 32,)}
    return load_settings(environment="dev", **given, **RESTORED)


@pytest.fixture
async def clients(settings: Settings) -> AsyncIterator[AwsClients]:
    """Clients of an AWS that has tables and buckets of the given names alone."""
    topology = packaged_topology()
    async with open_clients(settings, longest_poll=queue_wait(settings)) as opened:
        await create_resources(
            topology,
            resource_clients(opened),
            environment=settings.environment,
            names=names_of(settings, topology),
        )
        found = {
            *(await opened.dynamodb.list_tables())["TableNames"],
            *(bucket["Name"] for bucket in (await opened.s3.list_buckets())["Buckets"]),
        }
        # Other tests of this process share the emulator.
        derived = ResourceNames(topology, settings.environment)
        tables = {derived.table(), derived.table("erasure_ledger")}
        assert found >= set(RESTORED.values())
        assert not found & {*tables, derived.bucket("orders"), derived.bucket("templates")}
        yield opened


def test_names_are_derived_where_none_is_given() -> None:
    topology = packaged_topology()
    for names in (ResourceNames(topology, "sit"), names_of(load_settings().model_copy(), topology)):
        environment = names.environment
        assert names.table() == f"bbws-customer-portal-orders-{environment}"
        assert names.table("erasure_ledger") == f"bbws-orders-erasure-ledger-{environment}"
        assert names.table("control") == f"bbws-orders-control-{environment}"
        assert names.bucket("orders") == f"bbws-orders-{environment}"
        assert names.bucket("templates") == f"bbws-email-templates-{environment}"
        assert names.bus == f"bbws-orders-{environment}"


def test_every_table_and_bucket_that_is_declared_can_be_named(settings: Settings) -> None:
    topology = packaged_topology()
    names = names_of(settings.model_copy(update={"control_table": "control-restored"}), topology)
    assert [names.table(table.key) for table in topology.tables] == [
        "orders-restored",
        "ledger-restored",
        "control-restored",
    ]
    assert [names.bucket(bucket.key) for bucket in topology.buckets] == ["documents-restored", "templates-restored"]


@pytest.mark.usefixtures("clients")
async def test_the_api_uses_them(settings: Settings) -> None:
    async with open_container(settings, Telemetry(), HeldLease(AlwaysWriter())) as api:
        made = placed(a_draft(), roles=(Role.STAFF,), tenant_id=TENANT)
        await api.repository().add(made)
        assert await api.repository().get(TENANT, made.order.order_id) is not None
        assert (await api.use_cases().check_health().execute()).faults == ()
        documents = api.use_cases().documents()
        await documents.put("a/b.pdf", b"%PDF")
        assert await documents.exists("a/b.pdf")
        assert (await api.use_cases().tenants().profile(TENANT)).name == TENANT


@pytest.mark.parametrize("name", [*WORKERS, "relay"])
async def test_workers_and_relay_use_them(settings: Settings, clients: AwsClients, name: str) -> None:
    addresses = await resolve_addresses(clients.sqs, packaged_topology(), settings)
    container = Container(
        settings=settings, clients=clients, addresses=addresses, renderer=object(), lease=AlwaysWriter()
    )
    order_id = placed(a_draft(), roles=(Role.STAFF,), tenant_id=TENANT).order.order_id
    if name == "relay":
        await container.outbox().waiting(TENANT, order_id)
        return
    stores = {"orders table", "documents bucket", "templates bucket"}
    probes = [probe for probe in WORKERS[name].needs(container) if probe.name in stores]
    assert probes
    for probe in probes:
        await probe.check()
    await container.repository().get(TENANT, order_id)


@pytest.mark.usefixtures("clients")
async def test_operators_commands_use_them(settings: Settings) -> None:
    async with open_unreadable(settings) as unreadable:
        await unreadable.execute(TENANT)
    async with open_suppressions(settings) as suppressions:
        assert await suppressions.list(TENANT) == []
    async with open_tenants(settings) as tenants:
        assert await tenants.execute(days=0) == []
    async with open_container(settings, Telemetry(), HeldLease(AlwaysWriter())) as api:
        made = placed(a_draft(), roles=(Role.STAFF,), tenant_id=TENANT, order_id=an_order_id(2))
        await api.repository().add(made)
    async with open_replay(settings, mails=False) as replay:
        found = [each.event async for each in replay.selected(Selection(TENANT, an_order_id(2)))]
        assert [event.order_id for event in found] == [an_order_id(2)]
    async with open_templates_desk(settings) as templates:
        assert await templates.listing(TENANT)


def test_nothing_else_derives_a_name_of_a_table_or_bucket() -> None:
    source = Path(orders.__file__).parent
    deriving = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"\.(table_name|bucket_name)\(", path.read_text("utf-8"))
    }
    assert deriving == {"bootstrap/resources/names.py"}


@pytest.mark.usefixtures("clients")
async def test_the_overview_of_an_environment_is_of_all_its_queues_and_its_outbox(settings: Settings) -> None:
    topology = packaged_topology()
    async with open_overview(settings) as overview:
        found = await overview.execute()
    assert found.unreachable == ()
    assert [each.worker for each in found.queues] == list(topology.workers)
    assert [each.rule for each in found.rules] == [f"rule:{rule.name}" for rule in topology.rules]
    assert len(found.outbox) == settings.outbox_shards
    assert found.figures is not None
    assert "log groups /bbws-orders/dev/*" in (found.figures.errors_are_in or "")
