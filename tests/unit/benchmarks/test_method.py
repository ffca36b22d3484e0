"""The arithmetic of benchmarks."""

import json
from pathlib import Path

import pytest

from benchmarks.method import alternating, interval, over_pairs, pair_ratio, percentile
from benchmarks.report import Figure, keep


def test_each_side_goes_first_as_often_as_the_other() -> None:
    assert alternating(4) == [(0, 1), (1, 0), (0, 1), (1, 0)]


def test_a_pairs_ratio_is_the_median_of_its_rounds() -> None:
    # One round fell on a busy moment of ours, one on a busy moment of the floor.
    assert pair_ratio(ours=[2.0, 20.0, 2.0, 2.0, 2.0], floor=[1.0, 1.0, 1.0, 10.0, 1.0]) == 0.5


def test_the_interval_holds_the_median_and_grows_with_what_pairs_differ_by() -> None:
    alike, unlike = [0.80, 0.81, 0.82, 0.83, 0.84], [0.6, 0.7, 0.82, 0.9, 1.0]
    for ratios in (alike, unlike):
        found = over_pairs(ratios)
        assert found.median == 0.82
        assert found.spread[0] <= found.median <= found.spread[1]
    assert _width(interval(unlike)) > _width(interval(alike))


@pytest.mark.parametrize(("share", "found"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_seen(share: float, found: int) -> None:
    assert percentile(range(100, 0, -1), share) == found


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no percentile"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("ratio", "target", "at_most", "holds"),
    [
        (0.75, 0.75, False, True),
        (0.749, 0.75, False, False),
        (4.0, 4.0, True, True),
        (4.1, 4.0, True, False),
        (0.1, None, False, True),
    ],
)
def test_a_bound_holds_from_below_or_from_above(ratio: float, target: float | None, at_most: bool, holds: bool) -> None:
    assert _figure(ratio, target=target, at_most=at_most).holds is holds


def test_what_was_measured_before_is_kept_beside_what_is_measured_now(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    keep([_figure(0.5), _figure(0.9, id="Q-10")], path)
    keep([_figure(0.8), _figure(0.7, id="Q-2")], path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [(each["id"], each["ratio"]) for each in kept] == [("Q-1", 0.8), ("Q-2", 0.7), ("Q-10", 0.9)]
    assert kept[0].keys() >= {"id", "ratio", "target", "holds", "spread", "cpu_ms"}


def _width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]


def _figure(ratio: float, *, id: str = "Q-1", target: float | None = 0.75, at_most: bool = False) -> Figure:  # noqa: A002 - the field's name
    return Figure(id, "create", ratio, (ratio, ratio), target, at_most)
