"""The pages under ``/local``: what they show, to whom, and that nothing in what they show is markup."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.console.order_page import EVENTS, OrderPage
from orders.adapters.inbound.http.console.shell import Shell
from orders.adapters.inbound.http.local.pages import developer
from orders.application.orders.open_order import OpenOrder
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.container.api_container import ApiContainer
from orders.bootstrap.server.api import pages_of_this_machine
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.revising import Revision, revision_of
from orders.ports.errors import ItemKind
from orders.ports.mail import MailTemplate, recipient_hash
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.support.builders import NOON, a_draft, a_line, an_order, an_order_id
from tests.support.http_api import anything
from tests.support.local_pages import LOCAL, Pages, address_of, the_pages
from tests.support.service import a_caller

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
OWN = {"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    async with the_pages(tmp_path / "mails") as found:
        yield found


class Tags(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.found if re.fullmatch("h[1-6]", tag)]


def numbers_in(html: str) -> list[str]:
    return re.findall(r'class="number" href="[^"]*">(BB-[^<]*)<', html)


def older(html: str) -> str | None:
    match = re.search(r'href="([^"]*)" rel="next"', html)
    return None if match is None else match[1].replace("&amp;", "&")


async def change(pages: Pages, order: Order, action: Action, role: Role = Role.STAFF, reason: str = "") -> Order:
    caller = a_caller(role, tenant_id=order.tenant_id)
    return await pages.service.change_status.execute(caller, order, action, reason=reason)


# -- the list ---------------------------------------------------------------------------------------------------


async def test_the_list_has_the_orders_of_all_shops_newest_first(pages: Pages) -> None:
    placed = [await pages.place(tenant_id=shop) for shop in ("tenant_a", "tenant_b", "acme", "tenant_a")]
    html = await pages.text("/local/")
    assert numbers_in(html) == [order.order_number for order in reversed(placed)]
    for part in ("pending", "59.98\u00a0ZAR", "2026-11-22 12:00:00 UTC", "cust_test_001", "acme"):
        assert part in html, part


async def test_pages_of_the_list_have_every_order_once(pages: Pages) -> None:
    placed = [await pages.place(tenant_id=f"shop_{number % 3}") for number in range(60)]
    found: list[str] = []
    address: str | None = "/local/"
    sizes = []
    while address is not None:
        html = await pages.text(address)
        shown = numbers_in(html)
        sizes.append(len(shown))
        found += shown
        address = older(html)
    assert found == [order.order_number for order in reversed(placed)]
    assert sizes == [25, 25, 10]


async def test_the_list_can_be_of_one_shop_and_one_status(pages: Pages) -> None:
    kept, other = await pages.place(tenant_id="tenant_a"), await pages.place(tenant_id="tenant_b")
    await change(pages, kept, Action.PROCESS)
    assert numbers_in(await pages.text("/local/?shop=tenant_b")) == [other.order_number]
    assert numbers_in(await pages.text("/local/?status=processing&shop=")) == [kept.order_number]
    html = await pages.text("/local/?status=completed")
    assert "No order fits" in html
    assert 'href="/local/"' in html


async def test_the_list_can_be_of_deleted_or_of_erased_orders(pages: Pages) -> None:
    orders = {name: await pages.place() for name in ("kept", "deleted", "erased", "both")}
    admin = a_caller(Role.ADMIN)
    for name in ("deleted", "erased", "both"):
        orders[name] = await change(pages, orders[name], Action.CANCEL, reason="changed my mind")
    for name in ("erased", "both"):
        orders[name] = await pages.service.erase_personal_data.execute(admin, orders[name])
    for name in ("deleted", "both"):
        await pages.service.delete_order.execute(admin, orders[name])
    numbers = {name: order.order_number for name, order in orders.items()}
    assert numbers_in(await pages.text("/local/?mark=deleted")) == [numbers["both"], numbers["deleted"]]
    html = await pages.text("/local/?mark=erased&status=cancelled&shop=tenant_a")
    assert numbers_in(html) == [numbers["both"], numbers["erased"]]
    marked = {each["href"]: each.get("aria-current") for each in Tags(html).all("a") if "mark=" in str(each["href"])}
    assert marked["/local/?shop=tenant_a&status=cancelled&mark=erased"] == "true"
    assert marked["/local/?shop=tenant_a&status=cancelled&mark=deleted"] is None
    assert "No order fits" in await pages.text("/local/?mark=erased&status=pending")
    assert "no mark of an order: they are deleted, erased" in await pages.text("/local/?mark=lost", 400)


@pytest.mark.parametrize(
    "query", ["status=lost", "shop=%3Cb%3E", "behind=yesterday", "behind=2026-11-22T12:00:00.000Z~ord_1"]
)
async def test_an_address_that_leads_nowhere_is_answered_with_a_page(pages: Pages, query: str) -> None:
    assert "This address leads nowhere" in await pages.text(f"/local/?{query}", 400)


async def test_a_status_that_is_none_is_answered_with_those_that_are(pages: Pages) -> None:
    assert "no status of an order: they are pending, " in await pages.text("/local/?status=lost", 400)


async def test_without_orders_the_list_says_what_to_do(pages: Pages) -> None:
    html = await pages.text("/local/")
    assert "No order has been placed yet" in html
    assert "Place a sample order" in html
    assert "/local/token?customer=" in html


async def test_orders_that_cannot_be_read_are_counted(pages: Pages) -> None:
    lost, kept = await pages.place(), await pages.place()
    pages.service.table.damage(ItemKind.ORDER, lost.tenant_id, lost.order_id)
    html = await pages.text("/local/")
    assert numbers_in(html) == [kept.order_number]
    assert "1 order can't be read and is left out" in html


async def test_deleted_orders_are_listed_as_such(pages: Pages) -> None:
    order = await change(pages, await pages.place(), Action.CANCEL, reason="changed my mind")
    await pages.service.delete_order.execute(a_caller(Role.ADMIN), order)
    assert '<span class="badge">deleted</span>' in await pages.text("/local/")
    html = await pages.text(address_of(order))
    assert "deleted" in html
    assert "changed my mind" in html
    assert "none follows" in html
    assert "The notifiers send the first" not in html


async def test_while_the_table_is_out_of_reach_the_page_says_so(pages: Pages) -> None:
    pages.service.table.reachable = False
    html = await pages.text("/local/", 503)
    assert "Not to be had at the moment" in html


# -- an order ---------------------------------------------------------------------------------------------------


async def test_an_order_has_its_lines_sums_and_timeline(pages: Pages) -> None:
    order = await pages.place(a_draft(lines=(a_line(), a_line(product_id="prod_2", name="Kettle"))))
    await change(pages, order, Action.PROCESS)
    html = await pages.text(address_of(order))
    for part in (order.order_number, order.order_id, "Enamel mug, 350 ml", "Kettle", "29.99", "119.96\u00a0ZAR"):
        assert part in html, part
    titles = re.findall(r"<b>([^<]*)</b> <span class=\"by\">([^<]*)<", html)
    assert titles == [("Placed", "by staff-principal (staff)"), ("Processing began", "by staff-principal (staff)")]
    assert "changed: /status" in html


async def test_each_figure_of_a_line_says_what_it_is_where_the_table_has_no_columns(pages: Pages) -> None:
    order = await pages.place()
    table = (
        (await pages.text(address_of(order)))
        .partition('<table class="lines" role="table">')[2]
        .partition("</table>")[0]
    )
    columns = re.findall(r'<th role="columnheader"[^>]*>([^<]*)<', table)
    (line,) = re.findall(r'<tr role="row">(.*?)</tr>', table.partition("<tbody")[2].partition("</tbody>")[0], re.DOTALL)
    assert re.findall(r'<td role="cell" class="amount" data-label="([^"]*)">', line) == columns[1:]
    assert line.count("<td") == len(columns) - 1
    narrow = (await pages.get("/local/assets/console.css")).text.partition("@media (max-width: 46rem)")[2]
    assert ".lines td[data-label]::before { content: attr(data-label);" in narrow


def _with_notes(notes: str, now: Order) -> Revision:
    return replace(revision_of(now), notes=notes)


async def test_a_long_timeline_goes_on_at_the_next_page(pages: Pages) -> None:
    order = await pages.place()
    for number in range(1, EVENTS):
        revised = partial(_with_notes, str(number))
        order = await pages.service.update_order.execute(a_caller(Role.STAFF, tenant_id="tenant_a"), order, revised)
    order = await change(pages, order, Action.PROCESS)
    html = await pages.text(address_of(order))
    assert "Processing began" not in html
    (later,) = re.findall(r'<a href="([^"]*)">Later events', html)
    html = await pages.text(later.replace("&amp;", "&"))
    assert "Processing began" in html
    assert "Placed</b>" not in html
    assert "Later events" not in html
    await pages.get(f"{address_of(order)}&after=x", 400)


async def test_an_order_is_found_by_its_number_in_any_shop(pages: Pages) -> None:
    order = await pages.place(tenant_id="tenant_b")
    assert order.order_id in await pages.text(f"/local/orders/{order.order_number.lower()}")
    assert "There is no such order" in await pages.text("/local/orders/BB-AAAA-BBBB-CCCC-D", 404)
    assert "There is no such order" in await pages.text(f"/local/orders/{order.order_id}?shop=tenant_a", 404)
    await pages.get("/local/orders/x?shop=%3Cb%3E", 400)


async def test_shops_without_the_order_are_not_waited_for(pages: Pages) -> None:
    """A real index is looked at again after a pause where a number was not found: half a second for each shop."""
    order = await pages.place(tenant_id="tenant_b")
    service, asked = pages.service, []

    class Patient:
        """An ``OrderNumbers`` that looks again until a number is there."""

        async def order_ids(
            self, tenant_id: str, order_number: str, *, besides: Collection[str] = ()
        ) -> tuple[str, ...]:
            asked.append(tenant_id)
            if tenant_id != order.tenant_id:
                await asyncio.Event().wait()
            return (order.order_id,)

    async def shops() -> tuple[str, ...]:
        return ("tenant_a", "tenant_b", "tenant_c")

    finds = OpenOrder(service.repository, service.acceptances, Patient(), service.counters)
    page = OrderPage(Shell("orders", "/local", []), finds, service.read_history, shops, developer)
    assert (await page.page(order.order_number)).title == order.order_number
    assert await page.is_there(order.order_number)
    assert set(asked) == {"tenant_a", "tenant_b", "tenant_c"}


async def test_where_an_index_lags_nobody_knows_that_an_order_is_missing(pages: Pages) -> None:
    order = await pages.place(tenant_id="tenant_a")
    pages.service.table.indexes_numbers = False
    await pages.mail(order)
    (mail,) = await pages.mails.newest()
    assert f'href="/local/orders/{order.order_number}"' in await pages.text(f"/local/mails/{mail.id}")
    await pages.get(f"/local/orders/{order.order_number}", 503)


async def test_an_order_shows_its_mails_with_headers_html_in_a_frame_and_text(pages: Pages) -> None:
    order, other = await pages.place(), await pages.place()
    await pages.mail(order, subject="Thank you", text="Dear Thandi")
    await pages.mail(other, subject="Not about this one")
    html = await pages.text(address_of(order))
    for part in ("Thank you", "Dear Thandi", "thandi@example.com", "Harbour &amp; Sons &lt;orders@shop.example&gt;"):
        assert part in html, part
    assert "Not about this one" not in html
    (frame,) = Tags(html).all("iframe")
    assert frame["sandbox"] is None
    assert "sandbox" in frame
    mail = await pages.get(str(frame["src"]))
    assert "sandbox" in mail.headers["content-security-policy"].split("; ")
    assert "script" not in mail.headers["content-security-policy"]
    assert mail.headers["x-frame-options"] == "SAMEORIGIN"


async def test_an_order_shows_its_pdf_inline_with_a_link(pages: Pages) -> None:
    order = await pages.place()
    assert "Not rendered yet" in await pages.text(address_of(order))
    pages.documents.put(order)
    pages.documents.put(order, 2, b"%PDF-2")
    html = await pages.text(address_of(order))
    (shown,) = Tags(html).all("object")
    assert shown["data"] == f"/local/documents/tenant_a/{order.order_id}/2"
    assert f'href="{shown["data"]}"' in html
    assert f'href="/local/documents/tenant_a/{order.order_id}/1"' in html
    pdf = await pages.get(str(shown["data"]))
    assert pdf.content == b"%PDF-2"
    assert "frame-ancestors 'self'" in pdf.headers["content-security-policy"]
    assert pdf.headers["x-frame-options"] == "SAMEORIGIN"


async def test_an_erased_order_shows_nothing_of_its_customer(pages: Pages) -> None:
    order = await pages.place(a_draft(notes="Ring twice"))
    assert "Thandi Mokoena" in await pages.text(address_of(order))
    cancelled = await change(pages, order, Action.CANCEL, reason="said Thandi")
    await pages.service.erase_personal_data.execute(a_caller(Role.ADMIN), cancelled)
    html = await pages.text(address_of(order))
    for part in ("Thandi", "Ring twice", "Long Street"):
        assert part not in html, part
    assert "Personal data erased" in html
    assert "59.98\u00a0ZAR" in html
    assert "does not reach these copies" not in html
    await pages.mail(order)
    assert "does not reach these copies" in await pages.text(address_of(order))


async def test_an_unreadable_order_has_a_page_that_says_why(pages: Pages) -> None:
    order = await pages.place()
    pages.service.table.damage(ItemKind.ORDER, order.tenant_id, order.order_id)
    html = await pages.text(address_of(order), 500)
    assert "can&#39;t be read" in html
    assert order.order_id in html


async def test_an_unreadable_event_is_left_out_and_counted(pages: Pages) -> None:
    order = await change(pages, await pages.place(), Action.PROCESS)
    pages.service.table.damage(ItemKind.EVENT, order.tenant_id, order.order_id, 1)
    html = await pages.text(address_of(order))
    assert "1 entry can't be read and is left out" in html
    assert "Processing began" in html


async def test_an_accepted_order_has_a_page_before_it_is_placed(pages: Pages) -> None:
    acceptance = await pages.service.accept_order.execute(a_caller(Role.STAFF), a_draft())
    html = await pages.text(f"/local/orders/{acceptance.order_id}?shop=tenant_a")
    assert "accepted and not placed yet" in html
    assert acceptance.order_number in html


@pytest.mark.parametrize(
    ("reason", "said"),
    [(SuppressionReason.BOUNCED, "bounced"), (SuppressionReason.COMPLAINED, "drew a complaint")],
)
async def test_a_suppressed_address_leads_to_the_order_whose_mail_came_back(
    reason: SuppressionReason, said: str, pages: Pages
) -> None:
    cause, order = await pages.place(), await pages.place()
    assert "This address gets no mails" not in await pages.text(address_of(order))
    assert order.notification_email is not None
    hashed = recipient_hash(order.notification_email)
    await pages.service.suppressions.add(Suppression(order.tenant_id, hashed, reason, NOON, cause.order_id))
    html = await pages.text(address_of(order))
    link = f'a mail about order <a href="{address_of(cause)}">{cause.order_number}</a> {said}'
    assert link in html
    assert f"a mail about this order {said}" in await pages.text(address_of(cause))
    other_shop = await pages.place(tenant_id="tenant_b")
    assert "This address gets no mails" not in await pages.text(address_of(other_shop))


# -- mails ------------------------------------------------------------------------------------------------------


async def test_the_page_of_a_mail_links_to_its_order(pages: Pages) -> None:
    order = await pages.place(tenant_id="tenant_b")
    await pages.mail(order)
    (mail,) = await pages.mails.newest()
    html = await pages.text(f"/local/mails/{mail.id}")
    assert f'href="/local/orders/{order.order_number}"' in html
    assert "has no page" not in html


async def test_a_mail_about_an_order_that_was_never_placed_says_so_and_has_no_link_that_leads_nowhere(
    pages: Pages,
) -> None:
    lost = an_order(order_id=an_order_id(7))
    await pages.mail(lost, template=MailTemplate.STAFF_ORDER_STUCK)
    (mail,) = await pages.mails.newest()
    html = await pages.text(f"/local/mails/{mail.id}")
    assert f"Order {lost.order_number} has no page" in html
    assert "never placed" in html
    assert f"/local/orders/{lost.order_number}" not in html
    assert "never placed" in await pages.text(f"/local/orders/{lost.order_number}", 404)


async def test_a_mail_of_an_order_that_was_lost_says_so(pages: Pages) -> None:
    await pages.mail(an_order(order_id=an_order_id(7)))
    (mail,) = await pages.mails.newest()
    html = await pages.text(f"/local/mails/{mail.id}")
    assert "has no page" in html
    assert "never placed" not in html


@pytest.mark.parametrize("trouble", ["unreadable", "out of reach", "accepted"])
async def test_a_mail_keeps_its_link_while_its_order_cannot_be_read(pages: Pages, trouble: str) -> None:
    if trouble == "accepted":
        named: Any = await pages.service.accept_order.execute(a_caller(Role.STAFF), a_draft())
    else:
        named = await pages.place()
    await pages.mail(named)
    if trouble == "unreadable":
        pages.service.table.damage(ItemKind.ORDER, named.tenant_id, named.order_id)
    pages.service.table.reachable = trouble != "out of reach"
    (mail,) = await pages.mails.newest()
    assert f'href="/local/orders/{named.order_number}"' in await pages.text(f"/local/mails/{mail.id}")


# -- an address that leads nowhere ------------------------------------------------------------------------------

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NOWHERE = (
    "/local/x",
    "/local/x/",
    "/local/orders/UNKNOWN/x",
    "/local/orders/UNKNOWN/live/x/y",
    "/local/mails/x/y",
    "/local/mails/x/attachments/first",
    "/local/documents/tenant_a",
    "/local/documents/tenant_a/x/newest",
    "/local/assets/x.css",
    "/local/token/x",
)


@pytest.mark.parametrize("address", NOWHERE)
async def test_a_browser_at_a_wrong_address_gets_a_page_with_a_way_back(pages: Pages, address: str) -> None:
    answer = await pages.get(address, 404, Accept=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["vary"] == "Accept"
    assert "There is no such page" in answer.text
    assert address in answer.text
    assert [each["href"] for each in Tags(answer.text).all("a") if each["href"] == "/local/"]


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
@pytest.mark.parametrize("address", NOWHERE)
async def test_a_program_at_a_wrong_address_gets_a_problem(pages: Pages, address: str, accept: str) -> None:
    answer = await pages.get(address, 404, Accept=accept)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "Accept"
    assert answer.json()["detail"] == f"there is nothing at {address}"


@pytest.mark.parametrize("address", ["/x", "/localx", "/local-x/y", "/v1.0/x"])
async def test_beside_the_pages_browsers_get_problems_too(pages: Pages, address: str) -> None:
    assert (await pages.get(address, 404, Accept=BROWSER)).headers["content-type"] == "application/problem+json"


async def test_a_wrong_address_is_no_markup_on_the_page(pages: Pages) -> None:
    html = (await pages.get("/local/%3Cimg%20src=x%3E/y", 404, Accept=BROWSER)).text
    assert not Tags(html).all("img")


async def test_the_address_of_a_form_is_no_page(pages: Pages) -> None:
    answer = await pages.get("/local/sample-order", 405, Accept=BROWSER)
    assert "POST" in answer.headers["allow"]
    assert "GET is not offered at /local/sample-order. It is no page." in answer.text
    problem = (await pages.get("/local/sample-order", 405)).json()
    assert problem["detail"] == "GET is not offered at /local/sample-order"


async def test_a_slash_at_the_end_leads_to_the_same_page(pages: Pages) -> None:
    order = await pages.place()
    for address in ("/local", f"/local/orders/{order.order_number}"):
        assert await pages.text(f"{address}/") == await pages.text(address)
    assert "There is no such order" in await pages.text("/local/orders/UNKNOWN/", 404)
    for address in ("/local/orders", "/local/orders/"):
        answer = await pages.client.get(address, follow_redirects=False)
        assert answer.headers["location"] == "/local/"


# -- a sample order ---------------------------------------------------------------------------------------------


async def form_of(pages: Pages) -> dict[str, str]:
    """What is in the form of the list, as a browser would send it."""
    (field,) = [each for each in Tags(await pages.text("/local/")).all("input") if each.get("type") == "hidden"]
    return {str(field["name"]): str(field["value"])}


async def send(pages: Pages, headers: dict[str, str], shop: str = "tenant_b", **more: str) -> Any:
    form = await form_of(pages) | {"shop": shop} | more
    return await pages.client.post("/local/sample-order", data=form, headers=headers, follow_redirects=False)


async def test_the_button_places_a_sample_order_and_leads_to_it(pages: Pages) -> None:
    answer = await send(pages, OWN)
    assert answer.status_code == 303, answer.text
    (row,) = pages.service.table.rows.values()
    assert answer.headers["location"] == address_of(row.order)
    assert (row.order.tenant_id, row.order.customer_id) == ("tenant_b", "cust_test_001")
    assert "by cust_test_001 (customer)" in await pages.text(answer.headers["location"])


async def test_sample_orders_are_valid_and_differ(pages: Pages) -> None:
    for _ in range(4):
        assert (await send(pages, OWN)).status_code == 303
    totals = [str(row.order.totals.total) for row in pages.service.table.rows.values()]
    assert totals[0] == totals[3]
    assert len(set(totals)) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9090"},
        {"Origin": "https://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": LOCAL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Referer": f"{LOCAL}/local/"},
    ],
)
async def test_a_form_of_another_site_places_nothing(pages: Pages, headers: dict[str, str]) -> None:
    answer = await send(pages, headers)
    assert answer.status_code == 403
    assert "This form is not from here" in answer.text
    assert not pages.service.table.rows


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": LOCAL},
        {"Sec-Fetch-Site": "same-origin"},
        # What browsers say of a page that sends no referrer.
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_what_browsers_say_of_these_pages_is_enough(pages: Pages, headers: dict[str, str]) -> None:
    assert (await send(pages, headers)).status_code == 303


@pytest.mark.parametrize("token", ["", "another"])
async def test_a_form_that_is_not_of_this_process_places_nothing(pages: Pages, token: str) -> None:
    assert (await send(pages, OWN, csrf_token=token)).status_code == 403
    assert not pages.service.table.rows


@pytest.mark.parametrize("shop", ["", "a b", "<b>"])
async def test_a_sample_order_needs_a_shop(pages: Pages, shop: str) -> None:
    assert (await send(pages, OWN, shop)).status_code == 400
    assert not pages.service.table.rows


async def test_a_sample_order_that_is_refused_says_why(pages: Pages) -> None:
    form = await form_of(pages)
    pages.service.table.reachable = False
    answer = await pages.client.post("/local/sample-order", data=form | {"shop": "tenant_b"}, headers=OWN)
    assert answer.status_code == 503
    assert "Not to be had at the moment" in answer.text


# -- on every page ----------------------------------------------------------------------------------------------


async def a_hostile_order(pages: Pages) -> Order:
    line = a_line(name=HOSTILE, product_id="p", sku=None)
    order = await pages.place(a_draft(lines=(line,), notes=HOSTILE, metadata=((HOSTILE[:20], HOSTILE),)))
    await pages.mail(order, subject=HOSTILE, text=HOSTILE, html="<script>alert(1)</script>")
    pages.documents.put(order)
    return await change(pages, order, Action.CANCEL, reason=HOSTILE)


async def all_pages(pages: Pages) -> dict[str, str]:
    """Every kind of page, by its address."""
    order = await a_hostile_order(pages)
    (mail,) = await pages.mails.newest()
    addresses = ["/local/", "/local/?status=fulfilled", address_of(order), f"/local/mails/{mail.id}"]
    found = {address: await pages.text(address) for address in addresses}
    return found | {"refusal": await pages.text(f"/local/orders/{HOSTILE[:8]}", 404)}


async def test_nothing_that_is_shown_becomes_markup(pages: Pages) -> None:
    for address, html in (await all_pages(pages)).items():
        tags = Tags(html)
        assert not tags.all("img"), address
        assert all(each.get("src") == "/local/assets/live.js" for each in tags.all("script")), address
        assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")], address
        if address.startswith(("/local/orders", "/local/mails")):
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html, address


async def test_nothing_is_loaded_from_elsewhere(pages: Pages) -> None:
    for address, html in (await all_pages(pages)).items():
        tags = Tags(html)
        for _, attributes in tags.found:
            for name in ("src", "href", "data", "action", "data-live"):
                value = attributes.get(name) or ""
                assert value.startswith(("/", "#")) or value in {"", "data:,"}, (address, value)
                assert not value.startswith("//")
        assert not tags.all("style"), address
        assert not [tag for tag, attributes in tags.found if "style" in attributes], address
    for name in ("console.css", "live.js"):
        asset = (await pages.get(f"/local/assets/{name}")).text
        assert not re.search(r"https?:|url\(|@import|import ", asset)


async def test_policies_allow_only_what_is_served_here(pages: Pages) -> None:
    order = await a_hostile_order(pages)
    for address in ("/local/", address_of(order)):
        answer = await pages.get(address)
        policy = dict(each.partition(" ")[::2] for each in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


async def test_pages_have_landmarks_headings_in_order_and_labelled_fields(pages: Pages) -> None:
    for address, html in (await all_pages(pages)).items():
        tags = Tags(html)
        assert [len(tags.all(tag)) for tag in ("main", "h1", "title")] == [1, 1, 1], address
        assert tags.all("html")[0]["lang"] == "en"
        assert 'href="#main"' in html
        assert 'name="viewport" content="width=device-width' in html
        steps = zip(tags.headings, tags.headings[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps), (address, tags.headings)
        ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
        assert len(ids) == len(set(ids)), address
        labelled = {each.get("for") for each in tags.all("label")}
        fields = [each for tag in ("select", "input") for each in tags.all(tag) if each.get("type") != "hidden"]
        assert {each["id"] for each in fields} <= labelled, address


async def test_each_part_of_a_live_page_has_an_id(pages: Pages) -> None:
    """The script puts parts in the place of those with the same id."""
    for html in (await all_pages(pages)).values():
        main = html.partition("<main")[2].partition("</main>")[0]
        depth, missing = 0, []
        for match in re.finditer(r"<(/?)(\w+)([^>]*)>", main):
            if match[2] in {"input", "meta", "br"}:
                continue
            if match[1]:
                depth -= 1
                continue
            if depth == 0 and " id=" not in match[3]:
                missing.append(match[0])
            depth += 1
        assert not missing


async def test_the_list_of_mails_as_json_stays(pages: Pages) -> None:
    order = await pages.place()
    await pages.mail(order)
    (item,) = (await pages.get("/local/mails")).json()["items"]
    assert (item["order_number"], item["recipients"]) == (order.order_number, ["thandi@example.com"])
    assert (await pages.get(f"/local/mails/{item['id']}/text")).text.strip() == "Hello"
    assert "There is no such thing" in await pages.text("/local/mails/none", 404)


async def test_pages_are_there_only_if_the_settings_ask_for_them(tmp_path: Path) -> None:
    settings = load_settings(orders_data_dir=tmp_path)
    assert not settings.local_pages
    assert await pages_of_this_machine(settings, ApiContainer(), asyncio.Event()) == []
    async with AsyncTestClient(create_app(anything(lambda _: None)), base_url=LOCAL) as client:
        for address in ("/", "/local/", "/local/top", "/local/live", "/local/assets/live.js", "/local/mails"):
            assert (await client.get(address)).status_code == 404, address


async def test_the_bare_address_leads_to_the_pages(pages: Pages) -> None:
    answer = await pages.client.get("/", follow_redirects=False)
    assert answer.headers["location"] == "/local/"
