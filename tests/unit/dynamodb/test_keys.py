"""Keys, positions and the texts of instants that they are made of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.dynamodb.items.instants import bound_text, instant_text, parse_instant
from orders.adapters.outbound.dynamodb.keys import (
    check_position,
    just_above,
    just_below,
    order_of_partition,
    order_partition,
    position_of,
    sequence_text,
    shard_of,
)
from tests.support.builders import NOON, an_order_id
from tests.unit.dynamodb.strategies import INSTANTS, KEYS

ANY_INSTANT = st.datetimes(timezones=st.timezones() | st.just(UTC))


@given(INSTANTS)
def test_an_instant_comes_back_as_it_was(at: datetime) -> None:
    assert parse_instant(instant_text(at)) == at


@given(INSTANTS, INSTANTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (one < other) == (instant_text(one) < instant_text(other))


@given(INSTANTS, ANY_INSTANT)
def test_a_bound_parts_instants_as_its_own_instant_does(at: datetime, bound: datetime) -> None:
    assert (instant_text(at) < bound_text(bound)) == (at < bound)


def test_bounds_beyond_all_years_are_the_nearest() -> None:
    ahead, behind = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))

    assert bound_text(datetime.min.replace(tzinfo=ahead)) == "0001-01-01T00:00:00.000Z"
    assert bound_text(datetime.max.replace(tzinfo=behind)) == "9999-12-31T23:59:59.999Z"
    assert bound_text(datetime.max.replace(tzinfo=UTC)) == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize("text_of", [instant_text, bound_text])
def test_without_a_time_zone_there_is_no_instant(text_of: Callable[[datetime], str]) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        text_of(NOON.replace(tzinfo=None))


POSITIONS = st.builds(
    position_of, st.sampled_from([NOON, NOON + timedelta(milliseconds=1)]), st.integers(0, 40).map(an_order_id)
)


@given(POSITIONS, POSITIONS)
def test_just_above_and_just_below_part_one_position_from_all_others(position: str, other: str) -> None:
    assert (other < just_below(position)) == (other <= just_below(position)) == (other < position)
    assert (other > just_above(position)) == (other >= just_above(position)) == (other > position)


@given(INSTANTS)
def test_a_position_is_recognised(at: datetime) -> None:
    position = position_of(at, an_order_id())

    assert check_position(position) == position


@given(KEYS, KEYS)
def test_tenant_and_order_come_out_of_a_partition(tenant_id: str, order_id: str) -> None:
    assert order_of_partition(order_partition(tenant_id, order_id)) == (tenant_id, order_id)


@pytest.mark.parametrize("partition", ["", "TENANT#a#MAIL#b", "TENANT#a#ORDER#b#c", "TENANT#a#ORDER#"])
def test_other_partitions_are_no_orders(partition: str) -> None:
    with pytest.raises(ValueError, match="no order's partition"):
        order_of_partition(partition)


def test_sequences_sort_as_text() -> None:
    assert sorted(map(sequence_text, (10, 9, 100, 2_000_000_000))) == [
        "0000000009",
        "0000000010",
        "0000000100",
        "2000000000",
    ]


def test_orders_spread_over_all_shards() -> None:
    found = [shard_of(an_order_id(number), 8) for number in range(800)]

    assert set(found) == set(range(8))
    assert max(found.count(shard) for shard in range(8)) < 150
