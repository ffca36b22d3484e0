"""The stand-in for Route 53's failover record."""

import pytest

from tests.drill.dns import Answered, DnsTimes, FailoverRecord, HealthCheck, Resolver

A, B = "af-south-1", "eu-west-1"


class Clock:
    """A clock that the test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_record(threshold: int = 2) -> tuple[FailoverRecord, Clock]:
    clock = Clock()
    return FailoverRecord(A, B, DnsTimes(threshold=threshold), now=clock), clock


def fail(record: FailoverRecord, region: str, *, times: int = 2) -> None:
    for _ in range(times):
        record.checked(region, False)


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_a_region_is_unhealthy_after_so_many_failures_in_a_row(threshold: int) -> None:
    check = HealthCheck(threshold)
    states = [check.answered(False) for _ in range(threshold)]
    assert states == [True] * (threshold - 1) + [False]


def test_a_single_good_answer_begins_the_count_anew() -> None:
    check = HealthCheck(2)
    assert [check.answered(ok) for ok in (False, True, False, False)] == [True, True, True, False]


def test_an_unhealthy_region_is_healthy_after_so_many_good_answers_in_a_row() -> None:
    check = HealthCheck(2)
    assert [check.answered(ok) for ok in (False, False, True, False, True, True)] == [True] + [False] * 4 + [True]


def test_the_primary_is_answered_with_while_it_is_healthy() -> None:
    record, _ = a_record()
    fail(record, B)
    assert record.answer == A


def test_the_secondary_is_answered_with_while_the_primary_is_unhealthy() -> None:
    record, _ = a_record()
    fail(record, A, times=1)
    assert record.answer == A
    fail(record, A, times=1)
    assert record.answer == B


def test_with_both_unhealthy_the_primary_is_answered_with() -> None:
    record, _ = a_record()
    fail(record, A)
    fail(record, B)
    assert record.answer == A


def test_the_primary_is_answered_with_again_once_it_is_healthy() -> None:
    record, _ = a_record()
    fail(record, A)
    record.checked(A, True)
    assert record.answer == B
    record.checked(A, True)
    assert record.answer == A


def test_each_change_of_the_answer_is_kept_with_its_time() -> None:
    record, clock = a_record()
    clock.now = 160
    fail(record, A)
    clock.now = 190
    fail(record, B)
    assert record.history == [Answered(100, A), Answered(160, B), Answered(190, A)]


def test_a_client_keeps_an_answer_for_its_time_to_live() -> None:
    record, clock = a_record()
    resolver = Resolver(record, clock)
    assert resolver.region() == A
    fail(record, A)
    clock.now += 59.9
    assert resolver.region() == A
    clock.now += 0.1
    assert resolver.region() == B


def test_waits_are_those_of_production_divided_by_the_factor_and_the_count_stays() -> None:
    assert DnsTimes().shortened(10) == DnsTimes(interval=3, threshold=2, ttl=6)
