"""The smoke test that only reads, against a region that takes no changes, and against one that does."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from orders.acceptance.client import Client
from orders.acceptance.read_only import NO_ORDER, READ_ONLY_STEPS, ReadOnlySmoke
from orders.acceptance.smoke import CREATE, Tokens
from orders.acceptance.steps import State, StepResult, run_steps
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from tests.support.regions import TwoRegions
from tests.support.service import Service
from tests.unit.acceptance.test_smoke import served
from tests.unit.http.test_regions import a_service


def tokens_of(issuer: DevIssuer) -> Tokens:
    customer, admin = (
        issuer.token(tenant_id="demo", customer_id="cust_test_001", roles=[role], now=datetime.now(UTC))
        for role in ("customer", "admin")
    )
    return Tokens(customer, admin)


def read(service: Service, tmp_path: Path, tokens: Tokens | None = None) -> dict[str, StepResult]:
    issuer = DevIssuer(tmp_path)
    with served(service, issuer) as address:
        smoke = ReadOnlySmoke(Client(address), tokens or tokens_of(issuer))
        return {each.name: each for each in run_steps(smoke.steps)}


def place(service: Service, tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path)
    with served(service, issuer) as address:
        assert Client(address).call("POST", "/v1.0/orders", token=tokens_of(issuer).customer, body=CREATE).status == 201


def test_a_region_that_takes_no_changes_passes_and_keeps_what_it_has(tmp_path: Path) -> None:
    regions = TwoRegions()
    asyncio.run(regions.look())
    writer, passive = (a_service(region) for region in regions.both)
    place(writer, tmp_path)
    passive.table.rows.update(writer.table.rows)
    before = dict(passive.table.rows)
    results = read(passive, tmp_path)
    assert {name: each.state for name, each in results.items()} == dict.fromkeys(READ_ONLY_STEPS, State.PASSED)
    assert results["get"].detail == "200, then 304"
    assert passive.table.rows == before


def test_it_leaves_nothing_behind_where_changes_are_taken(tmp_path: Path) -> None:
    service = Service()
    results = read(service, tmp_path)
    assert {each.state for each in results.values()} == {State.PASSED}
    assert results["get"].detail == NO_ORDER
    assert service.table.rows == {}


def test_a_table_out_of_reach_is_found_out(tmp_path: Path) -> None:
    service = Service()
    service.dependency.fail()
    results = read(service, tmp_path)
    assert results["health"].state is State.FAILED


def test_a_token_that_is_not_believed_is_found_out(tmp_path: Path) -> None:
    results = read(Service(), tmp_path, Tokens("x.y.z", "x.y.z"))
    assert results["missing"].state is State.FAILED
    assert "answered 401, not 404" in results["missing"].detail
