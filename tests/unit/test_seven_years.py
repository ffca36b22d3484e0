"""Seven years and a day after an order's end nothing is left of it; a day before that time all of it is there."""

from datetime import datetime, timedelta

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.domain.retention import kept_until
from orders.ports.errors import ItemKind
from orders.ports.retention import DAY_CLASSES, document_days
from tests.support.lifecycle import Bucket, Version
from tests.support.service import Service
from tests.support.seven_years import CURRENT, DAY, ENDS, cases, check, contents, rules_that_code_counts_on, tags_of
from tests.support.workers import Workers
from tests.unit.application.test_retain_order import ended
from tests.unit.application.test_scrub_order import TENANT

RULES = rules_that_code_counts_on()


async def test_a_day_before_every_item_is_there_and_when_the_time_is_over_none_is() -> None:
    clock = FixedClock(ENDS[0])
    table, mails = MemoryTable(clock=clock), MemoryMailIntents(clock=clock)
    service = Service(table=table, intents=mails, documents=MemoryDocumentStore(clock=clock), start=ENDS[0])
    order = await ended(service, settled=True)
    await Workers(service).let_time_pass()
    assert order.expires_at is not None

    async def counted(now: datetime) -> tuple[int, int, int, int]:
        clock.at = now
        key = (TENANT, order.order_id)
        return (
            len(table.rows),
            len(table.log(*key)),
            len(table.accepted),
            len(await mails.of_order(*key)),
        )

    before = await counted(ENDS[0])
    assert min(before) > 0
    assert await counted(order.expires_at - DAY) == before
    assert await counted(order.expires_at - timedelta(milliseconds=1)) == before
    assert await counted(order.expires_at) == (0, 0, 0, 0)
    assert table.fault(ItemKind.EVENT, TENANT, order.order_id, 1) is None


@pytest.mark.parametrize(("end", "delay", "acts_after"), list(cases()))
def test_a_day_before_every_document_is_stored_and_a_day_after_none_is(
    end: datetime, delay: timedelta, acts_after: timedelta
) -> None:
    check(RULES, end, delay, acts_after)


@pytest.mark.parametrize("years", [1, 3, 5, 6])
def test_a_document_that_is_rendered_years_after_the_end_goes_with_its_order_too(years: int) -> None:
    end = ENDS[2]
    until, now = kept_until(end), end + years * 365 * DAY
    bucket = Bucket(RULES, acts_after=timedelta(hours=12))
    while document_days(now, until) is not None:
        bucket.put(Version(CURRENT, now, tags=tags_of(now, until)))
        while bucket.current(CURRENT) and now < until:
            now += DAY
            bucket.live_until(now)
        # It is gone before its time, and somebody asks for it again.
    assert contents(bucket, until + DAY + bucket.acts_after) == []
    # Markers that were covered by what was rendered again, too.
    assert bucket.live_until(until + 35 * DAY) == []


def test_a_document_of_an_order_that_is_open_stays_however_old_it_is() -> None:
    bucket = Bucket(RULES, [Version(CURRENT, ENDS[0])])
    bucket.live_until(ENDS[0] + 5000 * DAY)
    assert bucket.current(CURRENT)


def test_what_was_replaced_goes_thirty_days_later() -> None:
    bucket = Bucket(RULES, [Version(CURRENT, ENDS[2]), Version(CURRENT, ENDS[2] + DAY)])
    assert len(bucket.live_until(ENDS[2] + 31 * DAY)) == 2
    assert len(bucket.live_until(ENDS[2] + 33 * DAY)) == 1


def test_without_the_day_s_rule_a_document_would_stay() -> None:
    lacking = [rule for rule in RULES if rule["id"] != f"ended-orders-{max(DAY_CLASSES)}"]
    with pytest.raises(AssertionError, match="still there"):
        check(lacking, ENDS[2], timedelta(0), timedelta(minutes=1))
