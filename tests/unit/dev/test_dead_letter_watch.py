"""Dead letters as `orders dev` tells of them."""

from dataclasses import replace

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.bootstrap.dev.dead_letter_watch import DeadLetterWatch
from orders.ports.dead_letters import DeadLetter
from orders.ports.errors import TransientPortError
from tests.support.builders import NOON

LETTER = DeadLetter("pdf-creator", "1", "{}", NOON)


@pytest.fixture
def queues() -> MemoryDeadLetterQueues:
    return MemoryDeadLetterQueues(FixedClock(NOON), ("pdf-creator", "rule:to-pdf"))


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def watch(queues: MemoryDeadLetterQueues, told: list[tuple[str, str]]) -> DeadLetterWatch:
    return DeadLetterWatch(queues, lambda queue, why: told.append((queue, why)), lambda words: f"orders {words}")


async def test_one_that_a_worker_buries_is_told_once_with_its_reason(
    watch: DeadLetterWatch, queues: MemoryDeadLetterQueues, told: list[tuple[str, str]]
) -> None:
    queues.dead_letter(LETTER)
    watch.buried("pdf-creator", "there is no such order")
    for _ in range(2):
        await watch.look()
    assert told == [("pdf-creator", "there is no such order")]


async def test_those_that_come_by_themselves_are_counted_and_what_was_there_before(
    watch: DeadLetterWatch, queues: MemoryDeadLetterQueues, told: list[tuple[str, str]]
) -> None:
    queues.dead_letter(replace(LETTER, queue="rule:to-pdf"))
    await watch.look()
    for number in "23":
        queues.dead_letter(replace(LETTER, message_id=number))
    for _ in range(2):
        await watch.look()
    hint = "see orders dlq show"
    assert told == [("rule:to-pdf", f"{hint} rule:to-pdf"), ("pdf-creator", f"2 of them, {hint} pdf-creator")]


async def test_one_that_goes_and_comes_back_is_told_again(
    watch: DeadLetterWatch, queues: MemoryDeadLetterQueues, told: list[tuple[str, str]]
) -> None:
    for _ in range(2):
        queues.dead_letter(LETTER)
        await watch.look()
        await queues.redrive(LETTER)
        await watch.look()
    assert len(told) == 2


async def test_queues_out_of_reach_are_the_periodic_tasks_matter(
    watch: DeadLetterWatch, queues: MemoryDeadLetterQueues
) -> None:
    queues.reachable = False
    with pytest.raises(TransientPortError):
        await watch.look()
