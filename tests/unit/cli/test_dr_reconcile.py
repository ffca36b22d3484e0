"""``orders dr reconcile`` as an operator types it, in memory and between two regions of moto."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import Result as Invoked

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.dynamodb.regions.control_table import OPERATORS_PATIENCE, DynamoControlTable
from orders.application.policy.errors import ApplicationError
from orders.application.regions.desk import ReconcileDesk
from orders.application.regions.reconcile import Reconciled
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.operator.reconcile import open_reconcile
from orders.bootstrap.resources.model import Changes
from orders.bootstrap.resources.table import ensure_table
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.ports.regions import ControlState
from tests.contract.changes import placed
from tests.contract.endpoints import Endpoint
from tests.contract.moto_server import moto_server
from tests.contract.order_stores import store_over
from tests.support.typed_commands import typed
from tests.unit.application.test_reconcile import CAPE, EVENT, IRELAND, World
from tests.unit.cli.test_commands import Recorder


class Operator(Recorder):
    """A runtime over two regions in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.done: list[str] = []

    def with_reconcile(
        self, doing: AuditedCommand, work: Callable[[ReconcileDesk], Awaitable[Result]], *, tell: Callable[[str], None]
    ) -> Result:
        self.done.append(doing.command)
        try:
            return asyncio.run(work(ReconcileDesk(self.world.reconcile(), "thandi")))  # type: ignore[arg-type]
        except ApplicationError as error:
            raise CommandError(str(error)) from error

    def type(self, *arguments: str, answer: str | None = None) -> Invoked:
        return typed(self, "dr", "reconcile", *arguments, answer=answer)


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_it_asks_and_ends_with_0_if_nothing_was_lost(operator: Operator) -> None:
    with pytest.raises(CommandError, match="not confirmed: nothing was changed"):
        operator.type(answer="n")
    assert operator.done == []
    result = operator.type(answer="y")
    assert result.exit_code == 0
    assert "3 published" in result.stdout
    assert "0 findings not acknowledged" in result.stdout
    assert "erasures: 2 erased again" in result.stdout


def test_until_a_finding_is_acknowledged_it_ends_with_1(operator: Operator) -> None:
    operator.world.lose(EVENT)
    result = operator.type("--yes")
    assert result.exit_code == 1
    assert EVENT.change_id in result.stdout
    assert operator.type("--acknowledge", EVENT.change_id).exit_code == 0
    found = json.loads(operator.type("--yes", "--json").stdout)
    assert found["settled"]
    assert found["findings"][0]["acknowledged_by"] == "thandi"
    assert operator.done[1] == f"dr reconcile --acknowledge {EVENT.change_id}"


def test_who_acknowledges_can_be_named(operator: Operator) -> None:
    operator.world.lose(EVENT)
    operator.type("--yes")
    operator.type("--acknowledge", EVENT.change_id, "--by", "lerato")
    assert json.loads(operator.type("--dry-run", "--json").stdout)["findings"][0]["acknowledged_by"] == "lerato"


def test_a_region_that_cannot_be_read_is_named_and_ends_with_1(operator: Operator) -> None:
    operator.world.old.reachable = False
    operator.world.clock.advance(timedelta(days=2))
    result = operator.type("--yes")
    assert result.exit_code == 1
    assert "run this again when it has returned" in result.stderr
    assert "streams keep 24 hours" in result.stderr


def test_a_dry_run_publishes_nothing(operator: Operator) -> None:
    operator.type("--dry-run")
    assert operator.world.done == []
    assert operator.done == ["dr reconcile --dry-run"]
    with pytest.raises(CommandError, match="--acknowledge has no dry run"):
        operator.type("--dry-run", "--acknowledge", "x")


def test_the_ledger_of_erasures_can_be_left_to_a_task(operator: Operator) -> None:
    result = operator.type("--without-erasures", answer="y")
    assert (result.exit_code, operator.world.done) == (0, ["published"])
    assert "leaves the ledger of erasures alone" in result.stderr
    assert "erasures:" not in result.stdout
    assert operator.done == ["dr reconcile --without-erasures"]
    assert json.loads(operator.type("--yes", "--without-erasures", "--json").stdout)["erasures"] is None


def test_a_finding_that_never_was_is_refused(operator: Operator) -> None:
    with pytest.raises(CommandError, match="there is no finding 'x'"):
        operator.type("--acknowledge", "x")


NAME = f"orders-{uuid4().hex[:10]}"


async def _take_over(url: str) -> tuple[Reconciled, Reconciled, str]:
    """Ireland has taken over; an order of Cape Town's never arrived, and one waits in Cape Town's shards."""
    topology, endpoint = packaged_topology(), Endpoint("moto", url)
    settings = load_settings(
        Role.OPERATOR,
        environment="dev",
        aws_endpoint_url=url,
        aws_region=IRELAND,
        orders_table=NAME,
        other_region=CAPE,
        control_table=f"{NAME}-control",
        control_table_regions=(IRELAND,),
    )
    # Without rules, whose targets moto doesn't know.
    async with (
        endpoint.client("events", region_name=IRELAND) as bus,
        endpoint.client("sqs", region_name=IRELAND) as sqs,
    ):
        await bus.create_event_bus(Name=topology.bus_name("dev"))
        await sqs.create_queue(QueueName=topology.queue_name("record-creator", "dev"))
    lost, waiting = placed("demo"), placed("demo")
    for region in (CAPE, IRELAND):
        async with endpoint.client("dynamodb", region_name=region) as client:
            await ensure_table(client, topology.table_of("orders"), NAME, Changes())
            store = store_over(client, NAME, CAPE)
            await store.orders.add(waiting)
            if region == CAPE:
                await store.orders.add(lost)
    async with endpoint.client("dynamodb", region_name=IRELAND) as client:
        await ensure_table(client, topology.table_of("control"), f"{NAME}-control", Changes())
        # Settled long ago, so that the lease is held at once.
        state = ControlState(2, IRELAND, frozenset({CAPE}), "thandi", datetime.now(UTC) - timedelta(hours=3))
        table = DynamoControlTable({IRELAND: client}, f"{NAME}-control", patience=OPERATORS_PATIENCE)
        await table.replace(state, seen=None)
        async with open_reconcile(settings, tell=lambda _: None) as desk:
            first = await desk.reconcile.execute()
            again = await desk.reconcile.acknowledge([each.finding_id for each in first.findings], by=desk.by)
    return first, again, lost.order.order_id


def test_between_two_regions_what_waited_is_published_and_what_never_arrived_is_named() -> None:
    with moto_server() as url:
        first, again, lost = asyncio.run(_take_over(url))
    assert first.published == 1
    assert [each.finding_id for each in first.findings] == [f"event:demo/{lost}.1.1"]
    assert first.looked_at[CAPE] >= 3
    # There are no queues to purge: said, and not settled before it is done.
    assert first.erasures is not None
    assert not first.erasures.complete
    assert "orders erasure reapply" in first.erasures.words
    assert (first.settled, again.settled) == (False, True)


def test_findings_of_json_are_for_scripts(operator: Operator) -> None:
    operator.world.lose(replace(EVENT, order_id="ord_7"))
    found: dict[str, Any] = json.loads(operator.type("--yes", "--json").stdout)["findings"][0]
    assert (found["id"], found["fate"], found["stored_in"]) == ("event:demo/ord_7.1.5", "never arrived", CAPE)
