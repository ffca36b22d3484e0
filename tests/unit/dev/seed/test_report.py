"""What the seed says when it is done."""

import io
from dataclasses import replace

from rich.console import Console

from orders.bootstrap.dev.seed.report import report
from orders.bootstrap.dev.seed.samples import packaged_samples
from orders.bootstrap.dev.seed.seeding import Seeded, Seen

ONE, *_, OTHER = packaged_samples().orders
SEEN = [
    Seen(ONE, "pending", parcels=0, deleted=False, erased=False, feedback="bounced"),
    Seen(replace(ONE, key="two"), "partially_fulfilled", parcels=1, deleted=False, erased=False, feedback=None),
    Seen(OTHER, "cancelled", parcels=0, deleted=True, erased=False, feedback=None),
    Seen(replace(OTHER, key="four"), "completed", parcels=1, deleted=True, erased=True, feedback="complained"),
]


def printed(done: Seeded) -> list[str]:
    text = io.StringIO()
    report(
        done, Console(file=text, width=80, highlight=False, markup=False), lambda words: f"orders {words} --data-dir d"
    )
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_it_counts_orders_by_status_and_shop() -> None:
    assert printed(Seeded(placed=4, changed=1, reported=2, dead_letters=1, seen=SEEN)) == [
        "sample orders: 4 placed, 1 change made; there are 4 orders in 2 shops now",
        "  status                demo   atlantic-books",
        "  pending                  1                –",
        "  partially fulfilled      1                –",
        "  deleted                  –                1",
        "  erased                   –                1",
        "  and 2 parcels, 1 bounce, 1 complaint, 2 suppressed addresses, 1 dead letter",
        "  see orders dlq show pdf-creator --data-dir d",
        "  see orders suppressions list --tenant demo --data-dir d",
        "",
    ]


def test_a_second_time_says_that_there_was_nothing_to_add() -> None:
    first, *_ = printed(Seeded(seen=SEEN, dead_letters=1))
    assert first == "sample orders: nothing to add, all 4 are there"


def test_what_was_made_without_an_order_is_no_zero() -> None:
    first, *_ = printed(Seeded(seen=SEEN, reported=1, dead_letters=1))
    assert first == "sample orders: a dead letter or a returned mail made anew; there are 4 orders in 2 shops now"


def test_orders_that_were_left_are_named() -> None:
    *_, last, _ = printed(Seeded(seen=SEEN, left=["fulfilled-1", "rejected-2"]))
    assert last == "  left as somebody has changed them meanwhile: fulfilled-1, rejected-2"
