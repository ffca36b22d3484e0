"""``orders tenants`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from orders.adapters.inbound.cli.runtime import AuditedCommand, Result
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.operations.check_tenants import CheckTenants
from orders.domain.pricing.price_rules import PriceRules
from orders.ports.tenants import TenantFile, TenantProfile
from tests.support.builders import NOON
from tests.unit.cli.test_commands import Recorder, run

READY = TenantFile("shop_a", TenantProfile("shop_a", "A", price_rules=PriceRules(as_ordered=True)))


class Operator(Recorder):
    """A runtime over shops in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.files = MemoryTenantFiles([READY])
        self.done: list[AuditedCommand] = []

    def with_tenants(self, doing: AuditedCommand, work: Callable[[CheckTenants], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        ordering = MemoryOrderingTenants(MemoryTable())
        checking = CheckTenants(self.files, ordering, FixedClock(NOON), prices_checked=False)
        return asyncio.run(work(checking))  # type: ignore[arg-type]


def test_shops_that_are_all_ready_are_exit_code_0() -> None:
    operator = Operator()
    code, shown = run("tenants", "check", runtime=operator)
    assert code == 0
    assert "not ready for orders of customers: 0 of 1 shop" in shown
    assert operator.done == [AuditedCommand("tenants check")]


def test_one_that_is_not_is_named_with_why_and_exit_code_1() -> None:
    code, shown = run("tenants", "check", "--tenant", "shop_b", "--json", runtime=Operator())
    assert code == 1
    assert json.loads(shown) == [
        {"tenant_id": "shop_a", "ready": True, "why": "its profile says prices: as_ordered", "fault": None},
        {"tenant_id": "shop_b", "ready": False, "why": "it has no profile", "fault": None},
    ]
    code, shown = run("tenants", "check", "--tenant", "shop_b", runtime=Operator())
    assert (code, "not ready for orders of customers: 1 of 2 shops" in shown, "shop_b" in shown) == (1, True, True)


def test_a_folder_that_can_be_no_shops_is_named() -> None:
    operator = Operator()
    operator.files = MemoryTenantFiles([READY, TenantFile("bad tenant!", READY.profile)])
    code, shown = run("tenants", "check", "--json", runtime=operator)
    (bad, good) = json.loads(shown)
    assert (code, bad["tenant_id"], bad["ready"], good["ready"]) == (1, "bad tenant!", False, True)
    assert "no shop can have this name" in bad["why"]
    assert "bad tenant!" in run("tenants", "check", runtime=operator)[1]


def test_what_is_no_shop_is_refused() -> None:
    operator = Operator()
    assert run("tenants", "check", "--tenant", "a/b", runtime=operator)[0] != 0
    assert operator.done == []
