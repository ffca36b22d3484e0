"""``orders unreadable`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.application.operations.find_unreadable import FindUnreadable
from orders.ports.errors import ItemKind
from tests.support.builders import a_draft
from tests.support.service import Service, a_caller
from tests.unit.cli.test_commands import Recorder, run


class Operator(Recorder):
    """A runtime over a service in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()
        self.service.publisher.refuse = lambda _: "throttled"
        self.order = asyncio.run(self.service.place_order.execute(a_caller(), a_draft(notes="ring twice")))
        self.service.table.damage(ItemKind.EVENT, "tenant_a", self.order.order_id, 1)
        self.done: list[AuditedCommand] = []

    def with_unreadable(self, doing: AuditedCommand, work: Callable[[FindUnreadable], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        return asyncio.run(work(FindUnreadable(self.service.unreadable, self.service.find_order)))  # type: ignore[arg-type]


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--tenant", "tenant_a"),
        ("--tenant", "tenant_a", "--order", "that"),
        ("--tenant", "tenant_a", "--order", "its number"),
    ],
)
def test_it_says_which_where_and_why(operator: Operator, options: tuple[str, ...]) -> None:
    order = {"that": operator.order.order_id, "its number": operator.order.order_number.lower()}
    arguments = [order.get(each, each) for each in options]
    code, told = run("unreadable", "list", *arguments, "--json", runtime=operator)
    assert code == 0
    (item,) = json.loads(told)["items"]
    assert (item["kind"], item["tenant"], item["order"], item["sequence"]) == (
        "event", "tenant_a", operator.order.order_id, 1,
    )  # fmt: skip
    assert item["reason"] == "it was damaged"
    assert operator.done[0].command == "unreadable list"


def test_as_a_table_it_says_how_much_was_looked_at(operator: Operator) -> None:
    told = run("unreadable", "list", "--tenant", "tenant_a", "--limit", "1", runtime=operator)[1]
    assert "1 item can't be read; 1 order or entry was looked at" in told
    assert "continue with --after" in told
    assert "ring twice" not in told


def test_without_a_shop_it_says_where_it_looked(operator: Operator) -> None:
    assert "1 item can't be read in the outbox; " in run("unreadable", "list", runtime=operator)[1]


def test_what_makes_no_sense_is_said(operator: Operator) -> None:
    with pytest.raises(CommandError, match="need the shop"):
        run("unreadable", "list", "--order", operator.order.order_id, runtime=operator)
    assert run("unreadable", "list", "--tenant", "no/tenant", runtime=operator)[0] == 1
    with pytest.raises(CommandError, match="no place of an order"):
        run("unreadable", "list", "--tenant", "tenant_a", "--after", "garbage", runtime=operator)
