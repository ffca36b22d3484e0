"""The smoke test against the application over in-memory adapters: what it finds there, and how it fails."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.types import ControllerRouterHandler

from orders.acceptance.client import Client
from orders.acceptance.smoke import CREATE, STEPS, Smoke, Tokens
from orders.acceptance.steps import Patience, State, StepResult, run_steps
from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.bootstrap.acceptance import ask_for_quote, client_of, smoke_of, tokens_for
from orders.bootstrap.config.settings import SettingsError, load_settings
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.server.api import serve
from orders.bootstrap.server.local_pages import token_route
from tests.support.service import Service

OPERATIONS = {
    "create", "get", "list", "update", "delete", "erase", "cancel", "fulfil", "track", "history", "status", "events",
}  # fmt: skip


@contextmanager
def served(service: Service, issuer: DevIssuer, extra_routes: Sequence[ControllerRouterHandler] = ()) -> Iterator[str]:
    """The application on a port of its own, in a thread of its own; its address."""
    rules = TokenRules(ISSUER, frozenset({AUDIENCE}))
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def run(listener: socket.socket) -> None:
        stop = asyncio.Event()
        begun.append((asyncio.get_running_loop(), stop))
        ready.set()
        answers = service.served(issuer, rules)
        await serve(create_app(answers, extra_routes=extra_routes), [listener], stop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(run(listener)))
        thread.start()
        try:
            assert ready.wait(10)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ((loop, stop),) = begun
            loop.call_soon_threadsafe(stop.set)
            thread.join(20)


def smoke_test(service: Service, tmp_path: Path, tokens: Tokens | None = None) -> dict[str, StepResult]:
    issuer = DevIssuer(tmp_path)

    def token(role: str) -> str:
        return issuer.token(tenant_id="demo", customer_id="cust_test_001", roles=[role], now=datetime.now(UTC))

    with served(service, issuer) as address:
        seconds = iter(range(1000))
        waiting = Patience(3, clock=lambda: next(seconds), pause=lambda _: None)
        tokens = tokens or Tokens(token("customer"), token("admin"))
        return {each.name: each for each in run_steps(Smoke(Client(address), tokens, waiting).steps)}


def test_every_operation_is_in_it() -> None:
    assert set(STEPS) == OPERATIONS | {"health", "document", "mails"}


def test_the_body_is_the_products_to_the_byte() -> None:
    assert CREATE == (
        '{"customer_id":"cust_test_001","items":[{"product_id":"prod_001","quantity":2,"price":29.99}],'
        '"total":59.98,"currency":"USD"}'
    )


def test_a_service_whose_workers_are_down_is_found_out(tmp_path: Path) -> None:
    results = smoke_test(Service(), tmp_path)
    states = [each.state for each in results.values()]
    assert states == [*[State.PASSED] * 5, State.FAILED, *[State.NOT_RUN] * 9]
    assert results["document"].detail == "the PDF: not within 3 s"


def test_a_table_out_of_reach_is_found_out(tmp_path: Path) -> None:
    service = Service()
    service.dependency.fail()
    results = smoke_test(service, tmp_path)
    assert results["health"].state is State.FAILED
    assert results["health"].detail.startswith("GET /health answered 503, not 200")


def test_a_token_that_is_not_believed_is_said_to_be(tmp_path: Path) -> None:
    results = smoke_test(Service(), tmp_path, Tokens("x.y.z", "x.y.z"))
    assert results["create"].state is State.FAILED
    assert results["create"].detail.startswith("POST /v1.0/orders answered 401, not 201")


def test_tokens_are_made_for_local_and_given_elsewhere(tmp_path: Path) -> None:
    settings = load_settings(orders_data_dir=tmp_path)
    nobody = Client("http://127.0.0.1:9")
    with pytest.raises(CannotRun, match=r"127\.0\.0\.1:9"):
        tokens_for(settings, nobody, "local")
    assert list(tmp_path.iterdir()) == [], "no key is made for a service that isn't there"
    DevIssuer(tmp_path)
    made = tokens_for(settings, nobody, "local")
    assert made.customer.count(".") == made.admin.count(".") == 2
    given = load_settings(smoke_customer_token="c", smoke_admin_token="a", smoke_api_key="k")
    assert tokens_for(given, nobody, "prod") == tokens_for(given, nobody, "local") == Tokens("c", "a")
    assert "'c'" not in repr(Tokens("c", "a"))
    with pytest.raises(CannotRun, match="SMOKE_ADMIN_TOKEN must be set to test sit"):
        tokens_for(load_settings(smoke_customer_token="c"), nobody, "sit")
    with pytest.raises(CannotRun, match="nowhere is no address"):
        client_of(settings, "nowhere")
    with pytest.raises(CannotRun, match="SMOKE_CUSTOMER_TOKEN and SMOKE_ADMIN_TOKEN must be set to test dev"):
        smoke_of(settings, client_of(settings, "https://api-dev.bbws.io"), "dev", Patience())


@pytest.mark.parametrize("role", ["customer", "admin"])
def test_a_quote_is_asked_with_the_token_of_its_role(tmp_path: Path, role: str) -> None:
    settings = load_settings(orders_data_dir=tmp_path, dev_issuer_enabled=True)
    with served(service := Service(), DevIssuer(tmp_path)) as address:
        answer = ask_for_quote(settings, address, "local", role, CREATE)
    assert (answer.status, str(answer.json["total"])) == (200, "59.98")
    assert service.trail.records[-1].role == role
    given = load_settings(smoke_customer_token="x.y.z", smoke_admin_token="x.y.z")
    with served(Service(), DevIssuer(tmp_path)) as address:
        assert ask_for_quote(given, address, "local", role, CREATE).status == 401


def test_a_local_service_gives_the_tokens_that_it_believes(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    routes = token_route(load_settings(orders_data_dir=theirs, dev_issuer_enabled=True))
    with served(Service(), DevIssuer(theirs), routes) as address:
        client = Client(address)
        tokens = tokens_for(load_settings(orders_data_dir=ours), client, "local")
        assert client.call("POST", "/v1.0/orders", token=tokens.customer, body=CREATE).status == 201
        assert client.call("GET", "/v1.0/orders", token=tokens.admin).status == 200
    assert not ours.exists()


def test_a_local_service_without_pages_is_given_tokens_of_the_data_directory(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    with served(Service(), DevIssuer(theirs)) as address:
        client = Client(address)
        tokens = tokens_for(load_settings(orders_data_dir=theirs), client, "local")
        assert client.call("GET", "/v1.0/orders", token=tokens.admin).status == 200
        with pytest.raises(SettingsError, match="no service has run on"):
            tokens_for(load_settings(orders_data_dir=ours), client, "local")
    assert not ours.exists()
