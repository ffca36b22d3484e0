"""``orders erasure`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner

from orders.adapters.inbound.cli.app import build
from orders.adapters.inbound.cli.runtime import AuditedCommand, Result
from orders.adapters.outbound.memory.erasure_ledger import MemoryErasureLedger
from orders.application.operations.reapply_erasures import ReapplyErasures
from orders.domain.errors import InvalidIdentifier
from orders.ports.erasure_ledger import ErasureLedger, LedgerEntry
from tests.support.builders import NOON, an_order_id
from tests.support.service import Service
from tests.unit.application.test_reapply_erasures import a_loss
from tests.unit.cli.test_commands import Recorder, run


class Operator(Recorder):
    """A runtime over a restored table in memory, in which one order is to be erased again."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[AuditedCommand] = []
        self.service, self.order = asyncio.run(a_loss())

    @property
    def ledger(self) -> MemoryErasureLedger:
        assert isinstance(self.service.ledger, MemoryErasureLedger)
        return self.service.ledger

    def with_erasure_ledger(self, doing: AuditedCommand, work: Callable[[ErasureLedger], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        return asyncio.run(work(self.ledger))  # type: ignore[arg-type]

    def with_erasures(self, doing: AuditedCommand, work: Callable[[ReapplyErasures], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        return asyncio.run(work(self.service.use_cases.reapply_erasures()))  # type: ignore[arg-type]

    def is_erased(self) -> bool:
        found = asyncio.run(self.service.repository.get("tenant_a", self.order.order_id))
        assert found is not None
        return found.erasure is not None


@pytest.fixture
def operator() -> Operator:
    return Operator()


def typed(operator: Operator, answer: str, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(operator, "1.2.3"), ["erasure", *arguments], input=f"{answer}\n")
    return result.exit_code, result.output


def test_the_ledger_is_listed_oldest_first(operator: Operator) -> None:
    asyncio.run(operator.ledger.enter(LedgerEntry("tenant_b", an_order_id(9), NOON.replace(year=2020), "principal_7")))
    code, told = run("erasure", "list", runtime=operator)
    assert (code, told.splitlines()[0]) == (0, "2 erasures")
    assert told.index(an_order_id(9)) < told.index(operator.order.order_id)
    (listed,) = json.loads(run("erasure", "list", "--tenant", "tenant_b", "--json", runtime=operator)[1])
    assert (listed["tenant_id"], listed["order_id"], listed["by"]) == ("tenant_b", an_order_id(9), "principal_7")
    assert listed["at"].startswith("2020-")
    assert operator.done == [AuditedCommand("erasure list"), AuditedCommand("erasure list", tenant_id="tenant_b")]


def test_an_entry_that_cannot_be_read_is_named_and_ends_with_1(operator: Operator) -> None:
    operator.ledger.damage("tenant_a", operator.order.order_id)
    code, told = run("erasure", "list", runtime=operator)
    assert code == 1
    assert "0 erasures" in told
    assert f"left out: erasure ledger: the erasure at tenant_a/{operator.order.order_id}" in told


def test_a_dry_run_says_what_would_be_erased_and_changes_nothing(operator: Operator) -> None:
    code, told = run("erasure", "reapply", "--dry-run", runtime=operator)
    assert code == 0
    assert "the ledger has 1 entry; in table orders-restored, on the emulator" in told
    assert "1 order to be erased again" in told
    assert "0 orders erased already" in told
    assert not operator.is_erased()
    assert operator.done == [AuditedCommand("erasure reapply --dry-run")]
    found = json.loads(run("erasure", "reapply", "--dry-run", "--json", runtime=operator)[1])
    assert found == {
        "dry_run": True, "entries": 1, "erased": 1, "erased_before": 0, "absent": 0, "unfinished": [], "failed": [],
    }  # fmt: skip


def test_it_explains_and_asks_before_it_erases(operator: Operator) -> None:
    code, told = typed(operator, "n", "reapply")
    assert code == 1
    assert "what is erased can't be brought back" in told
    assert not operator.is_erased()
    code, told = typed(operator, "y", "reapply")
    assert code == 0
    assert "1 order erased again, 0 erased before and gone through, 0 not in this table (1 entry of the ledger)" in told
    assert operator.is_erased()
    assert operator.done[-1] == AuditedCommand("erasure reapply")


def test_with_yes_it_does_not_ask_and_json_is_all_that_is_printed(operator: Operator) -> None:
    found = json.loads(run("erasure", "reapply", "--yes", "--json", runtime=operator)[1])
    assert (found["erased"], found["failed"]) == (1, [])
    assert operator.is_erased()


def test_what_failed_is_named_and_ends_with_1(operator: Operator) -> None:
    operator.service.documents.reachable = False
    code, told = run("erasure", "reapply", "--yes", runtime=operator)
    assert code == 1
    assert f"failed: {operator.order.order_id}: documents bucket" in told
    assert "repeat the command: what is done is not done again" in told


def test_orders_that_are_not_at_their_end_are_named() -> None:
    operator = Operator()
    operator.service, operator.order = asyncio.run(a_loss(at_its_end=False))
    told = run("erasure", "reapply", "--yes", runtime=operator)[1]
    assert f"not at their end in this table, and without an address to be shipped to: {operator.order.order_id}" in told


def test_a_shop_that_can_be_none_is_refused(operator: Operator) -> None:
    with pytest.raises(InvalidIdentifier):
        CliRunner().invoke(build(operator, "1.2.3"), ["erasure", "list", "--tenant", "no/shop"], catch_exceptions=False)
    assert operator.done == []


def test_a_service_in_one_region_has_one_bucket() -> None:
    assert len(Service().use_cases.document_versions()) == 1
