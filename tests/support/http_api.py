"""The HTTP application over in-memory adapters, and a client that calls it as any caller."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules
from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, Deprecations
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.inbound.http.supplied import Dependencies
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.bootstrap.container.api_container import http_dependencies
from orders.bootstrap.container.use_cases import UseCases
from tests.support.openapi_contract import contract_of
from tests.support.service import Service

SMOKE = (
    '{"customer_id":"cust_test_001","items":[{"product_id":"prod_001","quantity":2,"price":29.99}],'
    '"total":59.98,"currency":"USD"}'
)
ORDERS = "/v1.0/orders"


class Api:
    """The application's client, and tokens for it."""

    def __init__(self, client: Any, service: Service, issuer: DevIssuer) -> None:
        self.client = client
        self.service = service
        self.issuer = issuer

    def token(self, role: str = "customer", tenant: str = "demo", customer: str = "cust_test_001", **more: Any) -> str:
        return self.issuer.token(
            tenant_id=tenant, customer_id=customer, roles=[role], now=more.pop("now", datetime.now(UTC)), **more
        )

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "customer",
        headers: dict[str, str] | None = None,
        **who: Any,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token(role, **who)}"} | (headers or {})
        content = body if isinstance(body, str | bytes | None) else json.dumps(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        answer: httpx.Response = await self.client.request(
            method, path, content=content, headers=sent, follow_redirects=False
        )
        return answer

    async def placed(self, **who: Any) -> dict[str, Any]:
        answer = await self.call("POST", ORDERS, SMOKE, **who)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


def anything(dependency: Callable[[str], object]) -> Dependencies:
    """Returns an application's dependencies, each resolved by ``dependency`` from its name."""
    made = http_dependencies(UseCases(), api_keys=_none, authenticator=_none, cursors=_none)
    return {name: partial(dependency, name) for name in made}


def _none() -> Any:
    raise AssertionError("only its name is of use")


_idle: list[tuple[ASGIApp, list[Dependencies]]] = []
"""Applications under the usual rules that nobody uses now, and where each finds what it serves."""


@contextmanager
def an_app(served: Dependencies, edge: EdgeRules = LOCAL, deprecated: Deprecations = DEPRECATED) -> Iterator[ASGIApp]:
    """The application over these use cases.

    Building one takes longer than most tests do, so that those under the usual rules are used again.
    """
    if edge is not LOCAL or deprecated is not DEPRECATED:
        yield create_app(served, edge=edge, deprecated=deprecated)
        return
    if not _idle:
        place: list[Dependencies] = []
        _idle.append((create_app(anything(lambda name: place[0][name]()), edge=edge, deprecated=deprecated), place))
    app, place = _idle.pop()
    place[:] = [served]
    yield app
    _idle.append((app, place))


@asynccontextmanager
async def an_api(
    key_directory: Path,
    edge: EdgeRules = LOCAL,
    *,
    deprecated: Deprecations = DEPRECATED,
    service: Service | None = None,
) -> AsyncIterator[Api]:
    """The application of a service, its own if none is given; every answer is held against the OpenAPI document."""
    service, issuer = service or Service(), DevIssuer(key_directory)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))
    with an_app(served, edge, deprecated) as app:
        async with AsyncTestClient(app) as client:
            client.event_hooks = {"response": [contract_of(deprecated).check]}
            yield Api(client, service, issuer)


@asynccontextmanager
async def an_api_in_this_loop(
    key_directory: Path, service: Service, edge: EdgeRules = LOCAL, *, checked: bool = True
) -> AsyncIterator[Api]:
    """Runs the API over a given service in the caller's own event loop, so that its workers can run there too.

    Not ``checked``, its answers are not held against the document, which takes longer than to give them.
    """
    issuer = DevIssuer(key_directory)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))
    hooks = {"response": [contract_of(DEPRECATED).check]} if checked else {}
    with an_app(served, edge) as app:
        within: Any = httpx.ASGITransport(app=cast("Any", app))
        async with httpx.AsyncClient(transport=within, base_url="http://orders.example", event_hooks=hooks) as client:
            yield Api(client, service, issuer)


def expect(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"https://api.bbws.io/problems/{kind}"
    assert found["status"] == status
    assert found["request_id"] == answer.headers["x-request-id"]
    return found
