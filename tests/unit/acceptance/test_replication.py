"""Validating replication, over two regions in memory: what it finds, and that it leaves nothing behind."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orders.acceptance.client import ORDERS, Client
from orders.acceptance.smoke import Tokens
from orders.acceptance.steps import Patience, State
from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.bootstrap.errors import CannotRun
from tests.dr.replication import MARK, STEPS, Region, Replication
from tests.dr.validate_replication import addresses_of, main, validate
from tests.support.regions import TwoRegions
from tests.support.service import Service
from tests.unit.acceptance.test_smoke import served
from tests.unit.http.test_regions import a_service


class Two:
    """Two regions' services: what the first one writes is copied when somebody waits for it."""

    def __init__(self, writer: Service, reader: Service, clients: tuple[Client, Client], tokens: Tokens) -> None:
        self.writer, self.reader = writer, reader
        self.clients = clients
        self.tokens = tokens

    def copy(self) -> None:
        self.reader.table.rows.clear()
        self.reader.table.rows.update(deepcopy(self.writer.table.rows))

    def replication(self, while_waiting: Callable[[], None]) -> Replication:
        seconds = iter(range(10_000))
        waiting = Patience(300, clock=lambda: next(seconds), pause=lambda _: while_waiting())
        # The other way round: which of them writes is found out.
        regions = (Region("b", self.clients[1]), Region("a", self.clients[0]))
        return Replication(regions, self.tokens, waiting)

    def orders_left(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.clients[0].call("GET", ORDERS, token=self.tokens.admin).json["items"]
        return found


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    regions = TwoRegions()
    asyncio.run(regions.look())
    writer, reader = (a_service(region) for region in regions.both)
    issuer = DevIssuer(tmp_path)
    customer, admin = (
        issuer.token(tenant_id="demo", customer_id="cust_test_001", roles=[role], now=datetime.now(UTC))
        for role in ("customer", "admin")
    )
    with ExitStack() as running:
        clients = tuple(Client(running.enter_context(served(each, issuer))) for each in (writer, reader))
        yield Two(writer, reader, (clients[0], clients[1]), Tokens(customer, admin))


def states(found: dict[str, object]) -> dict[str, str]:
    steps: list[dict[str, str]] = found["steps"]  # type: ignore[assignment]
    return {each["name"]: each["state"] for each in steps}


def test_what_is_copied_is_found_and_nothing_stays(two: Two) -> None:
    found = validate(two.replication(two.copy), "prod")
    assert states(found) == dict.fromkeys(STEPS, State.PASSED)
    assert found["passed"] is True
    assert two.orders_left() == []


def test_what_is_not_copied_is_found_out_and_called_off(two: Two) -> None:
    found = validate(two.replication(lambda: None), "prod")
    assert states(found)["created"] == State.FAILED
    assert "version 1 of the order in b: not within 300 s" in str(found["steps"])
    assert found["passed"] is False
    assert two.orders_left() == []


def test_a_change_that_stays_behind_is_found_out(two: Two) -> None:
    copies = iter([True])

    def copy_once() -> None:
        if next(copies, False):
            two.copy()

    found = validate(two.replication(copy_once), "prod")
    assert states(found) == {
        "health": "passed", "one writer": "passed", "created": "passed", "changed": "failed", "deleted": "not run",
    }  # fmt: skip
    assert two.orders_left() == []


def test_the_probe_is_marked(two: Two) -> None:
    marks: list[object] = []

    def look() -> None:
        for each in two.orders_left():
            order = two.clients[0].call("GET", f"{ORDERS}/{each['order_id']}", token=two.tokens.admin).json
            marks.append(order["metadata"]["purpose"])
        two.copy()

    validate(two.replication(look), "prod")
    assert marks[0] == MARK


def test_two_writers_are_found_out_before_anything_is_written(two: Two) -> None:
    twice = Replication((Region("a", two.clients[0]), Region("b", two.clients[0])), two.tokens, Patience(1))
    found = validate(twice, "prod")
    assert states(found)["one writer"] == State.FAILED
    assert two.writer.table.rows == {}


def test_an_environment_of_one_region_has_nothing_to_validate(capsys: pytest.CaptureFixture[str]) -> None:
    assert addresses_of("prod") == {"af-south-1": "https://api-primary.bbws.io", "eu-west-1": "https://api-dr.bbws.io"}
    with pytest.raises(CannotRun, match="sit has one region"):
        addresses_of("sit")
    assert main(["--env", "sit"]) == 2
    assert "one region" in capsys.readouterr().err
