"""``GET /local/token``: the development issuer's tokens, for whoever is on the same machine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.requests.parameters import TokenParameters
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.server.local_pages import token_route
from tests.support.http_api import anything, expect
from tests.support.local_pages import Pages
from tests.unit.application.test_read_overview import Desk


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    def unasked(_: str) -> object:
        raise AssertionError("nothing of the service is needed for a token")

    routes = token_route(load_settings(orders_data_dir=tmp_path, dev_issuer_enabled=True))
    app = create_app(anything(unasked), extra_routes=routes)
    async with AsyncTestClient(app, base_url="http://127.0.0.1:8080") as found:
        yield found


async def test_a_token_is_text_and_nothing_else(client: Any) -> None:
    answer = await client.get("/local/token?customer=cust_test_001&role=customer")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    claims = claims_of(answer.text)
    assert (claims["custom:tenant_id"], claims["custom:customer_id"]) == ("demo", "cust_test_001")
    assert claims["cognito:groups"] == ["customer"]


async def test_shop_roles_and_address_are_as_asked_for(client: Any) -> None:
    answer = await client.get("/local/token?tenant=acme&customer=ops&role=staff&role=admin&email=me%40acme.example")
    claims = claims_of(answer.text)
    assert claims["custom:tenant_id"] == "acme"
    assert claims["cognito:groups"] == ["admin", "staff"]
    assert claims["email"] == "me@acme.example"


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("", ["/query/customer", "/query/role"]),
        ("customer=a&role=boss", ["/query/role"]),
        ("customer=a%23b&role=staff", ["/query/customer"]),
        ("customer=a&role=staff&tenant=%20", ["/query/tenant"]),
        ("customer=a&role=staff&roles=admin", ["/query/roles"]),
    ],
)
async def test_what_is_wrong_is_named(client: Any, query: str, pointers: list[str]) -> None:
    answer = await client.get(f"/local/token?{query}")
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers


def test_there_is_none_without_the_development_issuer(tmp_path: Path) -> None:
    assert token_route(load_settings(orders_data_dir=tmp_path)) == []


def test_an_address_is_not_shown() -> None:
    assert "thandi" not in repr(TokenParameters("demo", "c", (), "thandi@example.com"))


ORDER = "ord_WMZQR5YZCV26RZ79M3XH592CPT"
PAGES = ["/local/", "/local/live", "/local/mails", "/local/mails/m", "/local/mails/m/html", "/local/mails/m/text",
         "/local/mails/m/attachments/0", f"/local/documents/demo/{ORDER}/1", f"/local/orders/{ORDER}",
         f"/local/orders/{ORDER}/live", "/local/top", "/local/top.json", "/local/top/live", "/local/assets/console.css",
         "/local/assets/live.js", "/local/token?customer=c&role=customer"]  # fmt: skip


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Any]:
    """All that is there for people on a developer's machine, without anything kept yet."""
    pages = Pages(tmp_path / "mails")
    # Its streams end at once.
    pages.stop.set()
    settings = load_settings(orders_data_dir=tmp_path, dev_issuer_enabled=True)
    routes = [*pages.routes(Desk().read()), *token_route(settings)]
    async with AsyncTestClient(create_app(anything(lambda _: None), extra_routes=routes)) as found:
        yield found


@pytest.mark.parametrize("page", PAGES)
async def test_pages_of_this_machine_are_given_to_who_names_it(pages: Any, page: str) -> None:
    for host in ("localhost", "LocalHost:8080", "127.0.0.1:8080", "127.8.9.255", "[::1]:18320", "[::1]"):
        assert (await pages.get(page, headers={"Host": host})).status_code in {200, 404}, host
    for host in (
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "128.0.0.1",
        "127.0.0.256", "0.0.0.0:8080", "10.0.0.1", "[::2]", "::1", "", "127.1", "evil.example:127.0.0.1", "localhost:x",
    ):  # fmt: skip
        answer = await pages.get(page, headers={"Host": host, "X-Forwarded-Host": "localhost"})
        problem = expect(answer, 400, "malformed-request")
        assert "ask for it as localhost, 127.0.0.1 or [::1]" in problem["detail"], host
