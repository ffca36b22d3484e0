"""What both sides of a comparison stand on: one table, one stand-in for the rest of AWS, callers with their tokens."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from benchmarks.api_process import api_process
from benchmarks.aws_stand_in import StandIn, aws_stand_in
from benchmarks.load import CONNECTIONS, Connection, Requests, request
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology import ORDERS
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.identity import order_number
from orders.domain.order import Order
from tests.integration.orders_at_scale import put_all
from tests.support.builders import an_order, an_order_id
from tests.support.ports import free_port

ADDRESS = "ORDERS_TEST_DYNAMODB_LOCAL_URL"
"""The environment variable with DynamoDB Local's address, as for the contract suites."""
REGION = "af-south-1"
ORDERS_PATH = "/v1.0/orders"
PAGE = f"{ORDERS_PATH}?limit=25"
TENANT, LISTED_TENANT = "demo", "listed"
LISTED = 640
"""Orders of the tenant that is read and listed."""
BODY = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99}],
    "total": 59.98,
    "currency": "USD",
}
FIRST = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class NoTable(Exception):
    """No address of DynamoDB Local was given, or nothing answers there."""


def given_address() -> str:
    """Returns DynamoDB Local's address. Raises: NoTable."""
    url = os.environ.get(ADDRESS)
    if not url:
        raise NoTable(
            f"the table is on DynamoDB Local: start one, and give its address in {ADDRESS} (http://host:port)"
        )
    return url


@asynccontextmanager
async def table_client(url: str, **config: Any) -> AsyncIterator[Any]:
    """Opens a client of the table, with ``config`` for botocore."""
    settings = AioConfig(**({"max_pool_connections": 50, "parameter_validation": False} | config))
    session: Any = get_session()  # its stubs type it for each service's name
    async with session.create_client(
        "dynamodb", region_name=REGION, endpoint_url=url, config=settings, verify=False, **CREDENTIALS
    ) as client:
        yield client


@dataclass(frozen=True)
class Ground:
    """The ground.

    Attributes:
        table_url: where the table is.
        table: its name.
        client: a client of it, for what is not measured.
        stand_in: answers in place of the rest of AWS, and passes calls of the table on.
    """

    table_url: str
    table: str
    client: Any
    stand_in: StandIn
    _directory: Path

    def settings(self, **others: Any) -> Settings:
        """Returns the settings of a process of the service, on a port of its own."""
        return load_settings(
            **{
                "environment": "local",
                "aws_endpoint_url": self.stand_in.url,
                "aws_region": REGION,
                "dev_issuer_enabled": True,
                "orders_data_dir": self._directory,
                "orders_table": self.table,
                "api_port": free_port(),
            }
            | others
        )

    def tokens(self, *roles: str, tenant: str = TENANT) -> list[str]:
        """Returns a token for each connection, each of a caller of its own."""
        issuer = dev_issuer(self.settings())
        return [
            issuer.token(tenant_id=tenant, customer_id=customer(each), roles=roles, now=datetime.now(UTC))
            for each in range(CONNECTIONS)
        ]


@asynccontextmanager
async def prepared(table_url: str, messages: Mapping[str, str] | None = None) -> AsyncIterator[Ground]:
    """Makes a table of its own, which is deleted again. Raises: NoTable: nothing answers there."""
    name = f"bench-{uuid4().hex[:12]}"
    (declared,) = (table for table in packaged_topology().tables if table.key == ORDERS)
    with TemporaryDirectory() as directory:
        async with table_client(table_url, connect_timeout=2, retries={"total_max_attempts": 2}) as client:
            try:
                # Nobody reads its stream, and with one DynamoDB Local takes longer for each write the more it has.
                await ensure_table(client, replace(declared, stream=None), name, Changes())
            except OSError as error:
                raise NoTable(f"nothing answers at {table_url} ({ADDRESS})") from error
            try:
                with aws_stand_in(table_url, messages) as stand_in:
                    yield Ground(table_url, name, client, stand_in, Path(directory))
            finally:
                await client.delete_table(TableName=name)


def customer(number: int) -> str:
    """Returns the customer of a connection."""
    return f"cust_{number:05}"


def create_requests(tokens: Sequence[str], *, keyed: bool = False) -> list[Requests]:
    """Returns each connection's requests that place orders; ``keyed`` gives each a key of its own."""

    def of(caller: int, token: str) -> Iterator[bytes]:
        body = json.dumps(BODY | {"customer_id": customer(caller)}).encode()
        if not keyed:
            yield from cycle([request("POST", ORDERS_PATH, token, body)])
        run = uuid4().hex[:12]
        for number in count():
            yield request("POST", ORDERS_PATH, token, body, Idempotency_Key=f"{run}-{caller}-{number}")

    return [of(caller, token) for caller, token in enumerate(tokens)]


def listed_orders(number: int, tenant: str = LISTED_TENANT) -> list[Order]:
    """Returns so many orders of a shop, half a minute apart, oldest first."""
    return list(orders_of(number, tenant))


def orders_of(number: int, tenant: str) -> Iterator[Order]:
    """Makes the same one by one: a million need not be held at once."""
    template = an_order(tenant_id=tenant)
    for at in range(number):
        when = FIRST + timedelta(seconds=30 * at)
        order_id = an_order_id(at, when)
        yield (
            replace(
                template,
                order_id=order_id,
                order_number=order_number(order_id),
                customer_id=customer(at % CONNECTIONS),
                created_at=when,
                updated_at=when,
            )
        )


async def seed(ground: Ground, orders: Sequence[Order]) -> None:
    """Puts orders into the table, with nothing left to publish."""
    await put_all(ground.client, ground.table, orders)


async def recorded_call(ground: Ground, asked: bytes, operation: str) -> dict[str, Any]:
    """Returns the first such call of the table that the service makes for a request, for the floor to make the same.

    The service is asked on an empty table, so the request itself may fail.
    """
    with aws_stand_in() as stand_in, api_process(ground.settings(aws_endpoint_url=stand_in.url)) as api:
        connection = await Connection.open(api.url)
        try:
            await connection.ask(asked, failing=True)
            await asyncio.to_thread(api.cpu_seconds)  # waits for what it does in the background
        finally:
            connection.close()
        calls = [call["body"] for call in stand_in.table_calls() if call["operation"] == operation]
        found: dict[str, Any] = calls[0]
        return found


async def answer_of(ground: Ground, asked: bytes) -> bytes:
    """Returns what the service answers to a request."""
    with api_process(ground.settings()) as api:
        connection = await Connection.open(api.url)
        try:
            answer = await connection.ask(asked)
            await asyncio.to_thread(api.cpu_seconds)  # waits for what it does in the background
            return answer
        finally:
            connection.close()


def in_turn(paths: Sequence[str], token: str) -> Requests:
    """Returns requests that read these paths, again and again."""
    return cycle([request("GET", path, token) for path in paths])
