"""The container: everything in it can be built, for every process that uses it."""

from pathlib import Path
from typing import Any, cast

from dependency_injector import providers

from orders.adapters.inbound.http.app import HttpDependencies
from orders.adapters.inbound.sqs.poller import Poller
from orders.bootstrap.aws import AwsClients
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.container.api_container import ApiContainer
from orders.bootstrap.resources.addresses import Addresses, QueueAddress
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.worker import WORKER_SERVICES, worker_loop


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
    container = a_container(tmp_path, renderer=object(), mail_archive_dir=tmp_path)
    resolved = {name: provider() for name, provider in container.providers.items()}
    assert isinstance(resolved["served"], HttpDependencies)
    assert all(isinstance(resolved[name], Poller) for name in ("pdf_poller", "customer_poller", "internal_poller"))
    assert resolved["served"].place_order is resolved["place_order"]


def test_only_plain_providers_are_used() -> None:
    plain = (providers.Dependency, providers.Singleton, providers.Factory)
    assert [name for name, each in ApiContainer.providers.items() if not isinstance(each, plain)] == []


def test_processes_that_render_nothing_need_no_renderer(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    assert isinstance(container.served(), HttpDependencies)
    loops = [worker_loop(container, name) for name in ("customer-notifier", "internal-notifier")]
    assert all(callable(loop) for loop in loops)


def test_every_worker_has_a_queue_of_its_name() -> None:
    assert set(WORKER_SERVICES) <= set(packaged_topology().workers)
