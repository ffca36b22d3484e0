"""The container: everything in it can be built, for every process that uses it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import pytest
from dependency_injector import providers

from orders.adapters.inbound.http.routes.orders import orders_router
from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.relay import RelayLoop
from orders.adapters.inbound.sqs.poller import Poller
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.orders.place_order import PlaceOrder
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.container.api_container import ApiContainer, api_dependencies
from orders.bootstrap.container.services import Services
from orders.bootstrap.container.use_cases import UseCases
from orders.bootstrap.relay_tasks import relay_tasks
from orders.bootstrap.resources.addresses import Addresses, QueueAddress
from orders.bootstrap.resources.names import ResourceNames
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.worker import relay_loop, worker_loop
from orders.bootstrap.workers import WORKERS
from tests.support.service import Dependency


def a_container(tmp_path: Path, *, order_senders: Mapping[str, str] | None = None, **more: Any) -> Any:
    settings = load_settings(
        environment="local", orders_data_dir=tmp_path, dev_issuer_enabled=True, order_senders=order_senders or {}
    )
    client = cast("Any", object())
    url = "https://sqs.example/1/queue"
    return ApiContainer(
        lease=AlwaysWriter(),
        settings=settings,
        clients=AwsClients(*[client] * 10),
        addresses=Addresses(
            names=ResourceNames(packaged_topology(), "local"),
            queues={worker: QueueAddress(url, url + "-dlq") for worker in packaged_topology().workers},
        ),
        **more,
    )


def test_every_provider_resolves(tmp_path: Path) -> None:
    given: dict[str, Any] = {"renderer": object(), "templates": object(), "mail_archive_dir": tmp_path}
    container = a_container(tmp_path, **given)
    resolved = {name: provider() for name, provider in container.providers.items()}
    assert isinstance(resolved["use_cases"].place_order(), PlaceOrder)
    assert resolved["use_cases"].place_order() is container.use_cases().place_order()
    found = {name: provider() for name, provider in resolved["use_cases"].providers.items()}
    assert {name for name, each in found.items() if each is None} == {"products", "campaigns"}
    for worker in WORKERS.values():
        assert isinstance(worker.poller(container), Poller)
        assert all(isinstance(each, Periodic) for each in worker.periodic(container))
    assert isinstance(relay_loop(container), RelayLoop)
    assert all(isinstance(each, Periodic) for each in relay_tasks(container))


def test_only_plain_providers_are_used() -> None:
    plain = (providers.Dependency, providers.Singleton, providers.Factory)
    assert [name for name, each in UseCases.providers.items() if not isinstance(each, plain)] == []
    others = {name: each for name, each in ApiContainer.providers.items() if not isinstance(each, plain)}
    assert {name: type(each) for name, each in others.items()} == {"use_cases": providers.Container}


async def test_handlers_get_what_their_parameters_say(tmp_path: Path) -> None:
    dependencies = api_dependencies(a_container(tmp_path))
    asked: dict[str, Any] = {}
    handlers = [each for route in orders_router().routes for each in getattr(route, "route_handlers", ())]
    for handler in handlers:
        if "OPTIONS" in handler.http_methods:
            continue  # Litestar's own
        hints = get_type_hints(handler.fn, include_extras=True)
        asked |= {name: get_args(hint)[0] for name, hint in hints.items() if name in dependencies}
    assert len(asked) > 10
    for name, kind in asked.items():
        assert isinstance(dependencies[name](), kind), name


def test_processes_that_render_nothing_need_no_renderer(tmp_path: Path) -> None:
    container = a_container(tmp_path, templates=object())
    assert all(callable(each) for each in api_dependencies(container).values())
    loops = [worker_loop(container, name) for name in WORKERS if name != "pdf-creator"]
    assert all(callable(loop) for loop in loops)


def test_every_worker_has_a_queue_of_its_name_and_every_queue_a_worker() -> None:
    assert tuple(WORKERS) == packaged_topology().workers


STORES = ("orders table", "documents bucket", "templates bucket")
NEEDS = {
    "record-creator": ("orders table", "templates bucket", "product service"),
    "pdf-creator": (*STORES, "document renderer"),
    "internal-notifier": ("orders table", "templates bucket", "mail service"),
    "customer-notifier": (*STORES, "mail service"),
    "event-processor": ("orders table", "documents bucket"),
    "mail-feedback": ("orders table",),
}
"""What must be up for each worker to receive: while it is not, messages would only fail ([PIPE-4])."""


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_receives_only_while_what_it_needs_is_up(tmp_path: Path, name: str) -> None:
    services = Services(probes=(Dependency("product service"),))
    container = a_container(tmp_path, renderer=object(), services=services)
    assert tuple(each.name for each in WORKERS[name].needs(container)) == NEEDS[name]


def test_only_mails_take_a_permit_and_ask_for_their_quota_first(tmp_path: Path) -> None:
    notifiers = {"customer-notifier", "internal-notifier"}
    assert {name for name, worker in WORKERS.items() if worker.sends_mail} == notifiers
    container = a_container(tmp_path, templates=object())
    for name in notifiers:
        poller = WORKERS[name].poller(container)
        assert poller._admission is container.mail_tokens()
        assert poller._gate.down == ("mail service",)


def test_orders_are_forwarded_only_by_senders_of_every_tenant(tmp_path: Path) -> None:
    container = a_container(tmp_path, order_senders={"AROAPORTAL": "*", "AROAIMPORT": "tenant_a"})
    may_forward = WORKERS["record-creator"].may_forward(container)
    assert (may_forward("AROAPORTAL:task"), may_forward("AROAIMPORT:task")) == (True, False)
    for name in WORKERS.keys() - {"record-creator"}:
        assert not WORKERS[name].may_forward(container)("AROAPORTAL:task")


def test_beside_their_queues_notifiers_watch_the_quota_and_the_dead_letters(tmp_path: Path) -> None:
    container = a_container(tmp_path, templates=object())
    watched = {name: [each.name for each in worker.periodic(container)] for name, worker in WORKERS.items()}
    assert {name: names for name, names in watched.items() if names} == {
        "customer-notifier": ["mail quota"],
        "internal-notifier": ["mails about dead letters"],
    }
    assert [name for name, worker in WORKERS.items() if worker.mails_staff] == ["internal-notifier"]
    assert [name for name, worker in WORKERS.items() if worker.renders_documents] == ["pdf-creator"]
    assert [name for name, worker in WORKERS.items() if worker.places_orders] == ["record-creator"]


async def test_a_worker_opens_the_aws_services_that_its_row_names(tmp_path: Path) -> None:
    used = {
        "record-creator": {"dynamodb", "sqs", "events", "s3"},
        "pdf-creator": {"dynamodb", "sqs", "events", "s3"},
        "internal-notifier": {"dynamodb", "sqs", "s3", "ses"},
        "customer-notifier": {"dynamodb", "sqs", "s3", "ses"},
        "event-processor": {"dynamodb", "sqs", "events", "s3", "s3_other_region"},
        "mail-feedback": {"dynamodb", "sqs"},
    }
    assert {name: set(worker.aws_services) for name, worker in WORKERS.items()} == used
