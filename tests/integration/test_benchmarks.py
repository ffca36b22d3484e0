"""The benchmarks' harness, with few requests on moto: what it measures says nothing here, only that it is measured."""

import asyncio

import pytest

from benchmarks.compare import Comparison, Plan, compare
from benchmarks.create import UNKEYED
from benchmarks.ground import ADDRESS, NoTable, given_address, prepared
from benchmarks.list_page import ListPage
from benchmarks.report import Figure
from tests.contract.moto_server import moto_server

A_LOOK = Plan(pairs=1, rounds=1, requests=8)


@pytest.mark.parametrize("comparison", [UNKEYED, ListPage()], ids=lambda each: each.name)
def test_both_sides_do_what_they_are_asked(comparison: Comparison) -> None:
    figure = asyncio.run(_measured(comparison))
    assert figure.ratio > 0
    assert figure.cpu_ms.keys() == {"ours", "floor"}
    # No service on moto reaches a target; then what misses comes with its profile.
    assert figure.holds or "function calls" in figure.profile


def test_without_a_table_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    with pytest.raises(NoTable, match=ADDRESS):
        given_address()


async def _measured(comparison: Comparison) -> Figure:
    with moto_server() as url:
        async with prepared(url) as ground:
            return await compare(comparison, ground, A_LOOK)
