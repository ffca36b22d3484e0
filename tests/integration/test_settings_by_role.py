"""Each role reads the settings that it is declared to read, and no others: processes run here, over moto ([OPS-3])."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import SecretStr

from orders.adapters.inbound.cli.commands.health import HealthQuestion, ask
from orders.adapters.inbound.cli.runtime import AuditedCommand
from orders.adapters.inbound.http.routes.orders import orders_router
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.regions.control_table import ITEM_KEY
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.bootstrap.acceptance import client_of, tokens_for
from orders.bootstrap.aws import CLIENTS, SECRET_SERVICES, open_clients, open_control_clients
from orders.bootstrap.command_running import command_target
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.roles import NOTIFIERS, WORKERS, WRITERS, Role
from orders.bootstrap.config.settings import Settings, load_settings, settings_of
from orders.bootstrap.container.api_container import api_dependencies
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.operator.audit import on_record
from orders.bootstrap.operator.erasures import open_erasures
from orders.bootstrap.operator.keys import open_cursor_rotation
from orders.bootstrap.operator.overview import open_overview
from orders.bootstrap.operator.reconcile import open_reconcile
from orders.bootstrap.operator.regions import open_regions
from orders.bootstrap.operator.templates import open_templates_desk
from orders.bootstrap.operator.tools import (
    open_dead_letters,
    open_replay,
    open_suppressions,
    open_tenants,
    open_unreadable,
)
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.api import open_container, run_api
from orders.bootstrap.server.region_watch import HeldLease
from orders.bootstrap.server.worker import run_relay, run_worker
from orders.bootstrap.telemetry import Telemetry
from tests.contract.moto_server import moto_server
from tests.support.collector import collecting
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.restored_logging import restored_logging

CHECKED_AT_THE_START = {role: {"OTHER_REGION"} for role in (*NOTIFIERS, Role.MAIL_FEEDBACK)}
"""Read when the settings are checked, and by nothing after that: these roles read no outbox."""
LATER: dict[Role, set[str]] = {
    # `orders health` of a container asks for these two, see tests/unit/cli/test_health.py.
    Role.OPERATOR: {"HEALTH_PORT", "API_PORT"},
}
"""Declared, and read by something that these tests do not run."""

FIELDS = frozenset(Settings.model_fields)
READ: set[str] = set()
SERVICE_URLS = {
    "product_api_url": "https://products.example", "product_api_token": "t",
    "campaigns_api_url": "https://campaigns.example", "campaigns_api_token": "t",
}  # fmt: skip
API = {
    "auth_issuer": "https://issuer.invalid", "auth_audiences": frozenset({"web"}), "cursor_keys_secret": "cursors",
    "api_keys_secret": "api-keys", "api_key_required": True,
}  # fmt: skip
TWO_REGIONS: dict[str, Any] = {
    "other_region": "eu-west-1", "control_table": "bbws-orders-control-dev",
    "control_table_regions": ("eu-west-1", "eu-central-1"),
}  # fmt: skip
INSTEAD_OF_SECRETS = {
    "cursor_keys_secret": None, "cursor_keys": (SecretStr("k" * 32),),
    "api_keys_secret": None, "api_key_hashes": {"web": "0" * 64},
}  # fmt: skip
"""As dev may have them."""


class Recording(Settings):
    """Settings that note in ``READ`` which of them are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in FIELDS:
            READ.add(name.upper())
        return super().__getattribute__(name)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(autouse=True)
async def _resources(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)
    async with open_clients(load_settings(aws_endpoint_url=aws), (*CLIENTS, *SECRET_SERVICES)) as clients:
        await create_resources(packaged_topology(), resource_clients(clients), environment="dev")
        for secret, value in {"cursors": "k" * 32, "api-keys": f'{{"web": "{"0" * 64}"}}'}.items():
            listed = await clients.secretsmanager.list_secrets(Filters=[{"Key": "name", "Values": [secret]}])
            if not listed["SecretList"]:
                await clients.secretsmanager.create_secret(Name=secret, SecretString=value)
    async with open_control_clients(load_settings(aws_endpoint_url=aws, **TWO_REGIONS)) as regions:
        name, item = TWO_REGIONS["control_table"], {"epoch": 1, "writer": "af-south-1", "evacuated": []}
        await ensure_table(regions["eu-west-1"], packaged_topology().table_of("control"), name, Changes())
        decided = ITEM_KEY | item | {"by": "terraform", "at": "2026-01-01T00:00:00.000Z"}
        await regions["eu-west-1"].put_item(TableName=name, Item=to_wire(decided))


@contextmanager
def recorded(aws: str, data_dir: Path, **more: Any) -> Iterator[Settings]:
    """Settings as a process gets them, which has chosen its AWS and begun to log."""
    with restored_logging(), collecting() as collector:
        given: dict[str, Any] = {"environment": "dev", "aws_endpoint_url": aws, "orders_data_dir": data_dir}
        given["otel_exporter_otlp_endpoint"] = collector.url
        settings = Recording(**(given | {"queue_wait_seconds": 0, "health_port": free_port()} | more))
        READ.clear()
        target = command_target(settings).settings
        configure_logging(target, stream=io.StringIO())
        yield target


def expected(role: Role) -> frozenset[str]:
    return settings_of(role) - CHECKED_AT_THE_START.get(role, set()) - LATER.get(role, set())


async def until_healthy(port: int | None, path_is_ready: bool = True) -> None:
    def healthy() -> bool:
        try:
            return ask(HealthQuestion(port or 0, ready=path_is_ready))[0] == 200
        except OSError:
            return False

    await asyncio.to_thread(eventually, healthy, within_seconds=60, what="the process is healthy")


@pytest.mark.parametrize("role", sorted(WORKERS | {Role.RELAY}))
async def test_a_worker_and_the_relay_read_what_is_declared(aws: str, tmp_path: Path, role: Role) -> None:
    with recorded(aws, tmp_path, **SERVICE_URLS, **TWO_REGIONS) as settings:
        stop, port = asyncio.Event(), settings.health_port
        running = asyncio.create_task(
            run_relay(settings, stop) if role is Role.RELAY else run_worker(settings, role, stop)
        )
        waiting = asyncio.create_task(until_healthy(port))
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await running
        await waiting
    assert expected(role) == READ


async def test_the_api_reads_what_is_declared(aws: str, tmp_path: Path) -> None:
    with recorded(aws, tmp_path, api_port=free_port(), **API, **SERVICE_URLS, **TWO_REGIONS) as settings:
        stop, port = asyncio.Event(), settings.health_port
        running = asyncio.create_task(run_api(settings, stop))
        await until_healthy(port)
        stop.set()
        await running
        await _resolve_handlers(settings)
        await _resolve_handlers(settings.model_copy(update=INSTEAD_OF_SECRETS))
    assert expected(Role.API) == READ


async def _resolve_handlers(settings: Settings) -> None:
    """Builds what the handlers of requests ask for: the first request that needs it does, not the start."""
    async with open_container(settings, Telemetry(), HeldLease(AlwaysWriter())) as container:
        dependencies = api_dependencies(container)
        for route in orders_router().routes:
            for handler in getattr(route, "route_handlers", ()):
                if "OPTIONS" in handler.http_methods:
                    continue  # Litestar's own
                for name, hint in get_type_hints(handler.fn, include_extras=True).items():
                    if name in dependencies:
                        assert isinstance(dependencies[name](), get_args(hint)[0])
        for provider in (container.authenticator, container.api_key_guard, container.cursors, container.cursor_keys):
            provider()


async def test_operators_commands_read_what_is_declared(aws: str, tmp_path: Path) -> None:
    named = {
        "smoke_customer_token": "c", "smoke_admin_token": "a", "smoke_api_key": "k", "cursor_keys_secret": "cursors",
    }  # fmt: skip
    with recorded(aws, tmp_path, **named, **TWO_REGIONS) as settings:
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(on_record(settings, AuditedCommand("dlq list")))
            await opened.enter_async_context(open_replay(settings, mails=False))
            await opened.enter_async_context(open_cursor_rotation(settings))
            await opened.enter_async_context(open_overview(settings))
            await opened.enter_async_context(open_regions(settings, tell=lambda _: None))
            await opened.enter_async_context(open_reconcile(settings, tell=lambda _: None))
            await opened.enter_async_context(open_erasures(settings))
            for tool in (open_dead_letters, open_templates_desk, open_suppressions, open_tenants, open_unreadable):
                await opened.enter_async_context(tool(settings))
        tokens_for(settings, client_of(settings, "https://api.example"), "dev")
        dev_issuer(settings)
    assert expected(Role.OPERATOR) == READ


def test_orders_dev_reads_what_its_parts_read_and_its_emulators_place() -> None:
    parts = frozenset[str]().union(*(settings_of(role) for role in WRITERS))
    assert settings_of(Role.LOCAL) - parts == {"EMULATOR_PYTHON", "EMULATOR_PORT"}
    assert parts <= settings_of(Role.LOCAL)
