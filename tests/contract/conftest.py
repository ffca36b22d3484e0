"""The backends of every contract suite: the in-memory adapter, moto's server, and the emulators that are configured.

An emulator that tests can't start themselves is named by an environment variable (see ``endpoints.py``).
"""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from tests.contract.aws_backends import DYNAMO_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.contract.order_stores import EmulatorTable, Store, created_table, dynamo_store, memory_store
from tests.iam.recording import CONTRACT, record_if_asked

# Before any session is opened: what adapters call here, errors and repairs included, their roles must be allowed.
record_if_asked(CONTRACT)


@pytest.fixture(scope="session")
def environment() -> str:
    """A name for the resources of this run, so that runs against one emulator don't meet."""
    return f"t{uuid4().hex[:10]}"


@pytest.fixture
def tenant_id() -> str:
    """A tenant that no other test has."""
    return f"tenant_{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[Endpoint]:
    """moto as a server in a thread of this process."""
    with moto_server() as url:
        yield Endpoint("moto", url)


@pytest.fixture(scope="session", params=DYNAMO_BACKENDS)
def dynamo_table(request: pytest.FixtureRequest, environment: str) -> Iterator[EmulatorTable]:
    """The declared table on each emulator in turn, one for the whole run: each test has a tenant of its own."""
    with created_table(endpoint_of(request), environment) as table:
        yield table


@pytest.fixture(scope="session", params=[MEMORY, *DYNAMO_BACKENDS])
def orders_table(request: pytest.FixtureRequest, environment: str) -> Iterator[EmulatorTable | None]:
    """Returns the table of ``store``; ``None`` for memory."""
    if request.param == MEMORY:
        yield None
        return
    with created_table(endpoint_of(request), f"{environment}s") as table:
        yield table


@pytest.fixture
async def store(orders_table: EmulatorTable | None) -> AsyncIterator[Store]:
    """Repository, outbox, log and mail intents over the same table."""
    if orders_table is None:
        yield memory_store()
        return
    async with dynamo_store(orders_table) as store:
        yield store
