"""The first ten minutes of a new user: `orders dev` on a terminal, and its sample orders."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orders.bootstrap.dev.seed.samples import packaged_samples
from orders.domain.identity import order_number
from orders.domain.lifecycle import Status
from tests.e2e.dev_process import ORDERS
from tests.e2e.terminal import COLUMNS, TerminalDev

pytestmark = pytest.mark.timeout(420)

SHOPS = ("demo", "atlantic-books")
SEEDED_WITHIN_SECONDS = 120
"""Fifteen are needed; a busy machine takes many times as long to render twenty documents."""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TerminalDev]:
    """A first start, at which sample orders were taken by a bare Enter; for all tests, which change little."""
    dev = TerminalDev(tmp_path_factory.mktemp("first") / "data", answer="")
    try:
        dev.start()
        dev.sees("dead letter", within_seconds=SEEDED_WITHIN_SECONDS)
        yield dev
    finally:
        dev.remove()


def listed(dev: TerminalDev, shop: str) -> list[dict[str, Any]]:
    token = dev.client.get("/local/token", params={"tenant": shop, "customer": "admin_001", "role": "admin"}).text
    answer = dev.client.get("/v1.0/orders?limit=100&include_deleted=true", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def orders(dev: TerminalDev, *arguments: str) -> str:
    done = subprocess.run(
        [str(ORDERS), *arguments], env=dev.environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_screen_tells_where_to_look_and_what_there_is(seeded: TerminalDev) -> None:
    screen = seeded.output()
    for path in ("/local/", "/v1.0/docs", "/local/mails", "/health/ready"):
        assert seeded.base + path in screen
        assert "\x1b]8;id=" in seeded.raw
    assert "Ctrl-C" in screen
    assert "eyJ" not in screen
    assert '{"' not in screen
    assert "sample orders: 20 placed" in screen
    table = screen[screen.index("sample orders: 20") :].splitlines()
    # Commands are in one piece, for this data directory.
    assert max(len(line) for line in table if not line.startswith("  see ")) <= COLUMNS
    assert any("dlq show pdf-creator --data-dir " in line for line in table)


def test_every_promise_is_kept(seeded: TerminalDev) -> None:
    found = {shop: listed(seeded, shop) for shop in SHOPS}
    assert sum(map(len, found.values())) == 20
    for shop in SHOPS:
        assert {order["status"] for order in found[shop]} == set(Status)
    everything = [order for shop in SHOPS for order in found[shop]]
    assert {order["order_id"] for order in everything} == {sample.order_id for sample in packaged_samples().orders}
    assert any("deleted_at" in order for order in everything)
    assert any("erased_at" in order for order in everything)
    assert json.loads(orders(seeded, "dlq", "list", "--json"))["pdf-creator"] == 1
    for shop in SHOPS:
        (suppressed,) = json.loads(orders(seeded, "suppressions", "list", "--tenant", shop, "--json"))
        assert suppressed["reason"] == ("bounced" if shop == "demo" else "complained")


def test_every_order_that_a_mail_names_has_a_page_or_the_mails_page_says_why_not(seeded: TerminalDev) -> None:
    named = {mail["order_number"]: mail["id"] for mail in seeded.mails()}
    assert len(named) >= 20
    lost = {number for number in named if seeded.client.get(f"/local/orders/{number}").status_code == 404}
    # Staff are told of the dead letter now and then, perhaps not yet.
    assert lost <= {order_number(packaged_samples().lost_order_id)}
    for number in lost:
        assert f"Order {number} has no page" in seeded.client.get(f"/local/mails/{named[number]}").text


def test_a_second_seed_adds_nothing(seeded: TerminalDev) -> None:
    def kept() -> tuple[Any, Counter[str]]:
        versions = [(order["order_id"], order["version"]) for shop in SHOPS for order in listed(seeded, shop)]
        templates = Counter(mail["template"] for mail in seeded.mails())
        # Staff are told of the dead letter now and then, perhaps only now.
        del templates["staff_order_stuck"]
        return versions, templates

    before = kept()
    said = orders(seeded, "dev", "--seed")
    assert "sample orders: nothing to add, all 20 are there" in said
    assert "\x1b" not in said
    assert kept() == before
    assert json.loads(orders(seeded, "dlq", "list", "--json"))["pdf-creator"] == 1


def test_an_order_is_a_line_with_what_became_of_it(seeded: TerminalDev) -> None:
    order = seeded.place()
    seeded.sees(f"{order['order_number']} demo/cust_test_001 59.98 USD placed, PDF, 2 mails")
    answer = seeded.call("POST", f"/v1.0/orders/{order['order_id']}/cancel", json={"reason": "not needed"})
    assert answer.status_code == 200, answer.text
    seeded.sees(f"{order['order_number']} demo cancelled, PDF, 2 mails")
    screen = seeded.output()
    assert "@" not in screen
    assert "Thandi" not in screen
    log = Path(seeded.environment["ORDERS_DATA_DIR"], "orders.log").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["level"] for line in log)
    assert '"stream": "audit"' not in screen
