"""``/local/top``: the state of `orders dev` as a page and as JSON, for whoever is on the same machine."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orders.adapters.inbound.cli.commands.top_view import overview_view
from orders.adapters.inbound.http.console.overview_page import OverviewPage, summary_tiles
from orders.adapters.inbound.http.console.shell import Shell
from orders.adapters.wire.overview_body import figures_in, overview_body
from orders.application.operations.read_overview import Overview
from orders.ports.recent_figures import Figures
from tests.support.http_api import expect
from tests.support.local_pages import the_pages
from tests.support.overviews import WORKERS, a_busy_overview, a_quiet_overview
from tests.unit.application.test_read_overview import Desk

SHELL = Shell("console", "/local", [])
LOOK = re.compile(r'class="look">([^<]*)<')


def shown(overview: Overview) -> str:
    """The content of the page."""
    return OverviewPage(SHELL, "State", as_json="/local/top.json", live="/local/top/live").page(overview).main


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    async with the_pages(tmp_path, Desk().read()) as pages:
        yield pages.client


async def test_the_page_keeps_up_to_date_with_and_without_scripts(client: Any) -> None:
    answer = await client.get("/local/top")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert 'data-live="/local/top/live"' in answer.text
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in answer.text
    assert "pdf-creator" in answer.text
    assert "nothing to look at" in answer.text
    assert 'href="/local/top" aria-current="page"' in answer.text


async def test_json_has_the_same(client: Any) -> None:
    answer = await client.get("/local/top.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json()
    assert [each["worker"] for each in found["queues"]] == ["record-creator", "pdf-creator"]
    assert (found["concerns"], found["unreachable"], found["figures"]["requests"]) == (0, [], None)


@pytest.mark.parametrize("page", ["/local/top", "/local/top.json"])
async def test_it_is_for_people_on_this_machine(client: Any, page: str) -> None:
    problem = expect(await client.get(page, headers={"Host": "evil.example"}), 400, "malformed-request")
    assert "127.0.0.1" in problem["detail"]


async def test_the_list_of_orders_has_its_figures_and_links_to_it_where_it_is(client: Any, tmp_path: Path) -> None:
    html = (await client.get("/local/")).text
    assert 'href="/local/top"' in html
    for meaning in ("messages waiting", "messages in flight", "dead letters", "oldest in the outbox"):
        assert f"<dt>{meaning}</dt>" in html, meaning
    async with the_pages(tmp_path) as other:
        assert "/local/top" not in (await other.client.get("/local/")).text
        assert (await other.client.get("/local/top")).status_code == 404


def test_the_figures_in_few_words_are_sums() -> None:
    tiles = {tile.meaning: (tile.value, tile.look) for tile in summary_tiles(a_busy_overview())}
    assert tiles["messages waiting"] == ("1252", True)
    assert tiles["messages in flight"] == ("28", False)
    assert tiles["dead letters"] == ("19", True)
    tiles = {tile.meaning: (tile.value, tile.look) for tile in summary_tiles(a_quiet_overview())}
    assert tiles["dead letters"] == ("0", False)
    nothing = replace(a_quiet_overview(), queues=(), rules=(), outbox=())
    assert [tile.value for tile in summary_tiles(nothing)] == ["–"] * 4


def test_only_what_needs_a_look_is_marked() -> None:
    assert LOOK.findall(shown(a_quiet_overview())) == []
    assert LOOK.findall(shown(a_busy_overview())) == [
        "7 to look at", "74 s", "1", "6.7%", "3 min", "17", "2", "error",
    ]  # fmt: skip


def test_everything_is_on_the_page_and_nothing_is_markup() -> None:
    page = shown(a_busy_overview())
    for part in (*WORKERS, "<td>1240<small>15 delayed</small></td>", "103+", "1230", "205", "442", "409", "340 ms",
                 "status change", "12×", "order &lt;b&gt;x&lt;/b&gt; waits",
                 "internal-notifier queue: EndpointConnectionError", "bbws-order-transitions"):  # fmt: skip
        assert part in page, part
    assert "<b>x</b>" not in page


def test_a_message_is_called_what_the_command_and_json_call_it() -> None:
    overview = a_busy_overview()
    said_to = StringIO()
    Console(width=150, file=said_to).print(overview_view(overview, None, width=150, height=None))
    said = said_to.getvalue()
    page = shown(overview)
    for word in ("waiting", "in flight", "delayed", "oldest", "dead letters"):
        assert word in said, word
        assert word in page, word
        assert word.replace(" ", "_") in str(overview_body(overview)), word


def test_what_is_not_known_is_left_out_or_a_dash() -> None:
    page = shown(replace(a_quiet_overview(), figures=None, outbox=()))
    assert "requests" not in page
    assert "<dd>–</dd>" in page
    page = shown(a_quiet_overview())
    assert "oldest</th>" not in page
    assert "None since the start." in page
    elsewhere = Figures(span=timedelta(minutes=5), errors_are_in="Logs Insights")
    assert '<p class="note">Logs Insights</p>' in shown(replace(a_quiet_overview(), figures=elsewhere))


def test_figures_come_back_from_json_as_they_were() -> None:
    overview = a_busy_overview()
    assert figures_in(overview_body(overview)) == overview.figures
    assert figures_in(overview_body(replace(overview, figures=None))) is None
