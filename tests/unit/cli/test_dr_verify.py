"""``orders dr verify`` as an operator types it, in memory and between two regions of moto."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from typer.testing import Result as Invoked

from orders.adapters.inbound.cli.commands.dr.verify import MOST_NAMED
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, CopiesAsked, Result
from orders.application.regions.verify_copies import VerifyCopies
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import SettingsError, load_settings
from orders.bootstrap.operator.regions import open_copies
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.contract.changes import placed
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.contract.order_stores import store_over
from tests.support.builders import NOON
from tests.support.typed_commands import typed
from tests.unit.application.test_verify_copies import World
from tests.unit.cli.test_commands import Recorder


class Operator(Recorder):
    """A runtime over two copies in memory, at noon."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.done: list[tuple[str, CopiesAsked]] = []

    def now(self):  # type: ignore[no-untyped-def] # as the runtime's
        return NOON

    def with_copies(
        self, doing: AuditedCommand, work: Callable[[VerifyCopies], Awaitable[Result]], asked: CopiesAsked
    ) -> Result:
        self.done.append((doing.command, asked))

        async def pause(_: float) -> None: ...

        return asyncio.run(work(VerifyCopies(self.world.left, self.world.right, pause)))  # type: ignore[arg-type]

    def type(self, *arguments: str) -> Invoked:
        return typed(self, "dr", "verify", *arguments)


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_what_is_the_same_ends_with_0_and_what_differs_with_1(operator: Operator) -> None:
    operator.world.put("ord_1")
    result = operator.type("--since", "1h")
    assert (result.exit_code, "0 orders differ" in result.stdout) == (0, True)
    operator.world.left.put("ord_2")
    result = operator.type("--since", "1h")
    assert result.exit_code == 1
    assert f"{NOON:%Y-%m-%d} demo/ord_2: missing in eu-west-1" in result.stdout
    assert "1 order differs" in result.stdout


def test_json_has_days_and_orders(operator: Operator) -> None:
    operator.world.left.put("ord_2")
    found = json.loads(operator.type("--json").stdout)
    assert (found["differing"], len(found["days"])) == (1, 8)
    assert found["days"][-1] == {"day": f"{NOON:%Y-%m-%d}", "left": 1, "right": 0, "differing": 1}
    assert found["orders"][0]["what"] == ["missing in eu-west-1"]


def test_of_very_many_that_differ_all_are_counted_and_some_are_named(operator: Operator) -> None:
    for number in range(MOST_NAMED + 5):
        operator.world.left.put(f"ord_{number:05}")
    found = json.loads(operator.type("--json", "--counts-only").stdout)
    assert (found["differing"], len(found["orders"])) == (MOST_NAMED + 5, MOST_NAMED)


def test_tables_and_buckets_are_handed_over(operator: Operator) -> None:
    operator.type("--table", "restored", "--other-table", "origin")
    operator.type("--other-bucket", "b-dr")
    assert operator.done == [
        ("dr verify", CopiesAsked("restored", "origin", None)),
        ("dr verify", CopiesAsked(None, None, "b-dr")),
    ]


def test_days_are_in_order(operator: Operator) -> None:
    with pytest.raises(CommandError, match="--until must not be before --since"):
        operator.type("--since", "1h", "--until", "2h")


def test_without_another_region_another_table_is_to_be_named(operator: Operator) -> None:
    async def open_them() -> None:
        async with open_copies(load_settings(aws_endpoint_url="http://127.0.0.1:9"), asked=CopiesAsked()):
            pass

    with pytest.raises(SettingsError, match="has one region"):
        asyncio.run(open_them())


async def _two_regions(url: str) -> AsyncIterator[None]:
    topology = packaged_topology()
    for region, documents in (("af-south-1", NAME), ("eu-west-1", f"{NAME}-dr")):
        endpoint = Endpoint("moto", url)
        async with endpoint.client("dynamodb", region_name=region) as client:
            await ensure_table(client, topology.table_of("orders"), NAME, Changes())
            await store_over(client, NAME, "af-south-1").orders.add(placed("demo", at=NOON, order_id=ORDER))
        async with endpoint.client("s3", region_name=region) as s3:
            await s3.create_bucket(Bucket=documents, CreateBucketConfiguration={"LocationConstraint": region})
    yield


NAME = f"orders-{uuid4().hex[:10]}"
ORDER = placed("demo", at=NOON).order.order_id


def test_two_regions_are_compared_by_their_own_tables_and_buckets() -> None:
    async def compared(url: str) -> tuple[int, int]:
        settings = load_settings(
            Role.OPERATOR,
            environment="dev",
            aws_endpoint_url=url,
            orders_table=NAME,
            documents_bucket=NAME,
            other_region="eu-west-1",
            control_table="control",
            control_table_regions=("eu-west-1",),
        )
        told: list[object] = []
        async for _ in _two_regions(url):
            async with open_copies(settings, asked=CopiesAsked()) as verify:
                verify._pause = _no_pause
                same = await verify.execute(NOON, NOON, tell=told.append)
                async with Endpoint("moto", url).client("dynamodb", region_name="eu-west-1") as client:
                    store = store_over(client, NAME, "af-south-1")
                    await store.orders.add(placed("demo", at=NOON))
                return same, await verify.execute(NOON, NOON, tell=told.append)
        raise AssertionError

    with moto_server() as url:
        assert asyncio.run(compared(url)) == (0, 1)


async def _no_pause(_: float) -> None: ...
