"""``/local/top``: the state of `orders dev` as a page and as JSON, for whoever is on the same machine."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.console.overview_page import OverviewPage
from orders.adapters.inbound.http.local.pages import local_pages
from orders.adapters.inbound.http.local.top import top_pages
from orders.adapters.inbound.http.page_policy import page_policy
from orders.adapters.outbound.local.mail_archive import MailArchive
from orders.adapters.wire.overview_body import figures_in, overview_body
from orders.ports.recent_figures import Figures
from tests.support.http_api import anything, expect
from tests.support.overviews import WORKERS, a_busy_overview, a_quiet_overview
from tests.unit.application.test_read_overview import Desk
from tests.unit.http.test_local_token import NoDocuments

PAGE = OverviewPage("State", back=("/local/", "mails"), as_json="/local/top.json")
LOOK = re.compile(r'class="look">([^<]*)<')


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    routes = [top_pages(Desk().read()), local_pages(MailArchive(tmp_path), NoDocuments(), top=True)]
    async with AsyncTestClient(create_app(anything(lambda _: None), extra_routes=routes)) as found:
        found.headers["Host"] = "127.0.0.1:8080"
        yield found


async def test_the_page_reloads_itself_and_runs_nothing(client: Any) -> None:
    answer = await client.get("/local/top")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == page_policy(answer.text)
    assert "'sha256-" in page_policy(answer.text)
    assert "unsafe" not in page_policy(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert '<meta http-equiv="refresh" content="5">' in answer.text
    assert "<script" not in answer.text
    assert "pdf-creator" in answer.text
    assert "nothing to look at" in answer.text


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


async def test_the_index_links_to_it_where_it_is(client: Any, tmp_path: Path) -> None:
    assert 'href="/local/top"' in (await client.get("/local/")).text
    without = create_app(anything(lambda _: None), extra_routes=[local_pages(MailArchive(tmp_path), NoDocuments())])
    async with AsyncTestClient(without, base_url="http://127.0.0.1") as other:
        assert "/local/top" not in (await other.get("/local/")).text
        assert (await other.get("/local/top")).status_code == 404


def test_only_what_needs_a_look_is_marked() -> None:
    assert LOOK.findall(PAGE.render(a_quiet_overview())) == []
    assert LOOK.findall(PAGE.render(a_busy_overview())) == [
        "7 to look at", "74 s", "1", "6.7%", "3 min", "17", "2", "error",
    ]  # fmt: skip


def test_everything_is_on_the_page_and_nothing_is_markup() -> None:
    page = PAGE.render(a_busy_overview())
    for part in (*WORKERS, "<td>1240<small>15 later</small></td>", "103+", "1230", "205", "442", "409", "340 ms",
                 "status change", "12×", "order &lt;b&gt;x&lt;/b&gt; waits",
                 "internal-notifier queue: EndpointConnectionError", "bbws-order-transitions"):  # fmt: skip
        assert part in page, part
    assert "<b>x</b>" not in page


def test_what_is_not_known_is_left_out_or_a_dash() -> None:
    page = PAGE.render(replace(a_quiet_overview(), figures=None, outbox=()))
    assert "requests" not in page
    assert "<b>–</b>" in page
    page = PAGE.render(a_quiet_overview())
    assert "oldest</th>" not in page
    assert "None since the start." in page
    elsewhere = Figures(span=timedelta(minutes=5), errors_are_in="Logs Insights")
    assert "<p>Logs Insights</p>" in PAGE.render(replace(a_quiet_overview(), figures=elsewhere))


def test_figures_come_back_from_json_as_they_were() -> None:
    overview = a_busy_overview()
    assert figures_in(overview_body(overview)) == overview.figures
    assert figures_in(overview_body(replace(overview, figures=None))) is None
