"""``GET /local/token``: the development issuer's tokens, for whoever is on the same machine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.parameters import TokenParameters
from orders.bootstrap.http import token_route
from orders.bootstrap.settings import load_settings


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    def unasked() -> Any:
        raise AssertionError("nothing of the service is needed for a token")

    routes = token_route(load_settings(orders_data_dir=tmp_path, dev_issuer_enabled=True))
    async with AsyncTestClient(create_app(unasked, extra_routes=routes)) as found:
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
