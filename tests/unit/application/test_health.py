"""Health: every dependency asked, not too often."""

from datetime import timedelta

from orders.adapters.outbound.memory.clock import FixedClock
from orders.application.operations.check_health import CheckHealth
from tests.support.builders import NOON
from tests.support.service import Dependency


async def test_all_is_well_until_something_does_not_answer_and_answers_are_kept_five_seconds() -> None:
    table, queue = Dependency("orders table"), Dependency("queue")
    clock = FixedClock(NOON)
    health = CheckHealth([table, queue], clock)
    assert (await health.execute()).healthy
    queue.fail()
    clock.advance(timedelta(seconds=4.9))
    assert (await health.execute()).healthy
    assert table.asked == 1
    clock.advance(timedelta(seconds=0.1))
    found = await health.execute()
    assert not found.healthy
    assert found.checked == ("orders table", "queue")
    assert found.faults == (("queue", "queue: connection refused"),)
