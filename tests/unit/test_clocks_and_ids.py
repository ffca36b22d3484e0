"""Time and ids: the machine's, and those that tests decide."""

from datetime import UTC, datetime, timedelta

from orders.adapters.outbound.memory.clock import FixedClock, SequentialOrderIds, SteppingClock
from orders.adapters.outbound.system import RandomOrderIds, SystemClock
from orders.domain.identity import ALPHABET, RANDOM_BITS, check_order_id
from orders.ports.clock import Clock, OrderIds
from tests.support.builders import NOON

A_MILLISECOND = timedelta(milliseconds=1)


def clock_of(*readings: datetime) -> SystemClock:
    remaining = iter(readings)
    return SystemClock(lambda: next(remaining))


def randomness_of(order_id: str) -> int:
    value = 0
    for character in order_id.removeprefix("ord_"):
        value = value * 32 + ALPHABET.index(character)
    return value & ((1 << RANDOM_BITS) - 1)


def test_the_time_is_in_utc_and_whole_milliseconds() -> None:
    clock: Clock = SystemClock()
    now = clock.now()

    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
    assert clock_of(NOON + timedelta(microseconds=1999)).now() == NOON + A_MILLISECOND


def test_a_clock_set_back_stands_still_until_time_has_caught_up() -> None:
    clock = clock_of(NOON, NOON - timedelta(hours=1), NOON - A_MILLISECOND, NOON + A_MILLISECOND)

    assert [clock.now() for _ in range(4)] == [NOON, NOON, NOON, NOON + A_MILLISECOND]


def test_ids_are_valid_different_and_sort_by_time_and_then_by_making() -> None:
    ids: OrderIds = RandomOrderIds()
    made = [ids.next(NOON + number // 500 * A_MILLISECOND) for number in range(2000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(check_order_id(each) for each in made)


def test_ids_of_two_processes_do_not_meet() -> None:
    made = [RandomOrderIds().next(NOON) for _ in range(1000)]

    assert len(set(made)) == len(made)


def test_the_next_id_of_a_millisecond_lies_a_random_step_above() -> None:
    asked: list[int] = []
    values = iter([1000, 41, 5])

    def bits(count: int) -> int:
        asked.append(count)
        return next(values)

    ids = RandomOrderIds(bits)
    first, second, third = ids.next(NOON), ids.next(NOON), ids.next(NOON + A_MILLISECOND)

    assert [randomness_of(each) for each in (first, second, third)] == [1000, 1042, 5]
    assert asked == [RANDOM_BITS - 1, 64, RANDOM_BITS - 1]


def test_even_the_highest_random_numbers_leave_room_for_a_busy_millisecond() -> None:
    ids = RandomOrderIds(lambda count: (1 << count) - 1)
    made = [ids.next(NOON) for _ in range(10_000)]

    assert made == sorted(set(made))


def test_a_fixed_clock_goes_when_it_is_told_to() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON

    clock.advance(A_MILLISECOND)

    assert clock.now() == NOON + A_MILLISECOND


def test_a_stepping_clock_goes_at_each_look() -> None:
    clock = SteppingClock(NOON, timedelta(seconds=2))

    assert [clock.now() for _ in range(3)] == [NOON + number * timedelta(seconds=2) for number in range(3)]


def test_sequential_ids_are_the_same_in_each_run() -> None:
    one, other = SequentialOrderIds(), SequentialOrderIds()

    made = [one.next(NOON) for _ in range(40)]

    assert made == [other.next(NOON) for _ in range(40)]
    assert made == sorted(set(made))
