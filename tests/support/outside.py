"""Shared fixtures of tests from outside: the service at --base-url, and two of its callers."""

from typing import Any

import pytest

from orders.acceptance.client import ORDERS, ApiResponse, Client
from orders.acceptance.smoke import CREATE, Tokens
from orders.acceptance.steps import expect
from orders.bootstrap.acceptance import client_of, tokens_for
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings


class Service:
    """Calls a running service, as a customer unless said otherwise, and cleans up behind the tests."""

    def __init__(self, client: Client, tokens: Tokens) -> None:
        self.client = client
        self.tokens = tokens
        self._placed: list[str] = []

    def call(self, method: str, path: str, *, role: str = "customer", **more: Any) -> ApiResponse:
        """A call below ``/v1.0/orders``."""
        token = {"customer": self.tokens.customer, "admin": self.tokens.admin}[role]
        return self.client.call(method, ORDERS + path, token=token, **more)

    def place(self, **headers: str) -> dict[str, Any]:
        """An order that is cancelled and deleted in the end."""
        placed: dict[str, Any] = expect(self.call("POST", "", body=CREATE, headers=headers), 201, "create").json
        self.forget(placed["order_id"])
        return placed

    def forget(self, order_id: str) -> None:
        """Have an order cancelled and deleted in the end."""
        self._placed.append(order_id)

    def clean_up(self) -> None:
        """Cancel and delete, as far as that is allowed."""
        for order_id in self._placed:
            self.call("POST", f"/{order_id}/cancel", role="admin", body={})
            self.call("DELETE", f"/{order_id}", role="admin")


def running_service(config: pytest.Config) -> Service:
    """The service that the command line names, with the tokens of the environment's variables."""
    settings: Settings = load_settings(Role.OPERATOR)
    client = client_of(settings, config.getoption("--base-url"))
    return Service(client, tokens_for(settings, client, config.getoption("--env")))
