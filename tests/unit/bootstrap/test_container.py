"""The container: everything in it can be built, for every process that uses it."""

from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

from dependency_injector import providers

from orders.adapters.inbound.http.routes.orders import orders_router
from orders.adapters.inbound.periodic import Periodic
from orders.adapters.inbound.relay import RelayLoop
from orders.adapters.inbound.sqs.poller import Poller
from orders.application.orders.place_order import PlaceOrder
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.container.api_container import ApiContainer, api_dependencies
from orders.bootstrap.container.use_cases import UseCases
from orders.bootstrap.resources.addresses import Addresses, QueueAddress
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.worker import relay_loop, worker_loop
from orders.bootstrap.workers import WORKERS


def a_container(tmp_path: Path, **more: Any) -> Any:
    settings = load_settings(environment="local", orders_data_dir=tmp_path, dev_issuer_enabled=True)
    client = cast("Any", object())
    url = "https://sqs.example/1/queue"
    return ApiContainer(
        settings=settings,
        clients=AwsClients(client, client, client, client, client, client, client, client),
        addresses=Addresses(
            table="orders",
            bus="bus",
            documents_bucket="documents",
            templates_bucket="templates",
            queues={worker: QueueAddress(url, url + "-dlq") for worker in packaged_topology().workers},
        ),
        **more,
    )


def test_every_provider_resolves(tmp_path: Path) -> None:
    given = {"renderer": object(), "templates": object(), "mail_archive_dir": tmp_path}
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
