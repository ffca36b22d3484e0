"""Endpoints of contract tests: emulators' addresses, and clients of them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from aiobotocore.credentials import AioCredentials
from aiobotocore.session import get_session
from botocore.config import Config

from orders.adapters.outbound.dynamodb.client.signed_client import signed_client, signed_events

REGION = "af-south-1"
_IDENTITY = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
_HOT: dict[str, Any] = {"dynamodb": signed_client, "events": signed_events}
_CREDENTIALS: Any = AioCredentials("test", "test")

URL_VARIABLES = {
    "dynamodb-local": "ORDERS_TEST_DYNAMODB_LOCAL_URL",
    "localstack": "ORDERS_TEST_LOCALSTACK_URL",
    "ministack": "ORDERS_TEST_MINISTACK_URL",
}
"""Environment variables with the addresses of emulators that tests can't start themselves."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service that speaks AWS's protocols at ``url``; ``name`` is what tests call it."""

    name: str
    url: str

    @asynccontextmanager
    async def client(self, service: str, *, region_name: str = REGION, **config: Any) -> AsyncIterator[Any]:
        """A client of the service, such as ``dynamodb`` or ``s3``; ``config`` goes into botocore's ``Config``.

        Those of DynamoDB and EventBridge are the ones that processes use.
        """
        defaults: dict[str, Any] = {
            "connect_timeout": 20,
            "read_timeout": 20,
            "retries": {"mode": "standard", "total_max_attempts": 2},
            "max_pool_connections": 64,
        }
        settings = Config(**(defaults | config))
        # Without verification no certificates are loaded for each client; there are none to verify on loopback.
        async with _session().create_client(
            service, endpoint_url=self.url, config=settings, verify=False, **_IDENTITY | {"region_name": region_name}
        ) as client:
            if service not in _HOT:
                yield client
                return
            async with _HOT[service](client, _CREDENTIALS) as signed:
                yield signed


def given_endpoint(name: str) -> Endpoint:
    """The emulator whose address the environment gives.

    Without one the test is skipped, or fails where ORDERS_REQUIRE_EMULATORS=1 says that all of them must be there.
    """
    variable = URL_VARIABLES[name]
    url = os.environ.get(variable)
    if url:
        return Endpoint(name, url)
    reason = f"no {name}: {variable} is not set"
    if os.environ.get("ORDERS_REQUIRE_EMULATORS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def _session() -> Any:
    # One for all clients: it keeps the service descriptions, which take most of the time to make a client.
    return get_session()
