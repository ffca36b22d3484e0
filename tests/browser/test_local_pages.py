"""The local pages in a browser: the list of orders, and an order's page as it grows."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, expect

from orders.domain.lifecycle import Status
from tests.browser.window import Window
from tests.e2e.dev_process import Dev

pytestmark = pytest.mark.timeout(420)

WORKERS_TAKE_MS = 60_000
"""At most until PDF and mails are there: two seconds, unless the machine is busy."""


def place_sample(window: Window) -> str:
    """Presses the button, and returns the id of the order whose page it leads to."""
    window.go("/local/")
    window.page.get_by_role("button", name="Place it").click()
    window.page.wait_for_url("**/local/orders/*")
    found = re.search(r"/local/orders/([^?]+)", window.page.url)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def order(chromium: Browser, dev: Dev) -> Iterator[Window]:
    """A sample order's page, opened when it was placed, and never loaded again."""
    with Window.opened(chromium, dev.base) as opened:
        place_sample(opened)
        opened.page.evaluate("window.sameDocument = true")
        yield opened
        assert opened.page.evaluate("window.sameDocument") is True


def test_the_seeded_list_shows_orders_in_all_statuses(window: Window) -> None:
    window.go("/local/")
    rows = window.page.locator("#orders tbody tr")
    assert rows.count() >= 20
    shown = {each.get_attribute("class").removeprefix("badge ") for each in rows.locator(".state .badge").all()}
    assert set(Status) <= shown


def test_an_order_placed_elsewhere_appears_in_an_open_list(window: Window, dev: Dev, chromium: Browser) -> None:
    window.go("/local/")
    window.page.evaluate("window.sameDocument = true")
    with Window.opened(chromium, dev.base) as other:
        order_id = place_sample(other)
    link = window.page.locator(f'#orders a[id="{order_id}"]')
    expect(link).to_be_visible(timeout=WORKERS_TAKE_MS)
    assert window.page.evaluate("window.sameDocument") is True
    link.click()
    window.page.wait_for_url(f"**/local/orders/{order_id}?*")


def test_the_page_of_a_sample_order_fills_its_timeline_by_itself(order: Window) -> None:
    entries = order.page.locator("#timeline ol.timeline > li")
    expect(entries.filter(has_text=re.compile("mail", re.IGNORECASE)).first).to_be_visible(timeout=WORKERS_TAKE_MS)
    expect(entries.first).to_contain_text(re.compile("placed|created", re.IGNORECASE))
    expect(entries.nth(2)).to_be_visible(timeout=WORKERS_TAKE_MS)


def test_its_mail_is_shown_in_a_sandbox_as_html_and_as_text(order: Window) -> None:
    number = order.page.locator("h1.number").inner_text()
    mail = order.page.locator("#mails details").first
    expect(mail).to_be_visible(timeout=WORKERS_TAKE_MS)
    frame = mail.locator("iframe")
    assert frame.get_attribute("sandbox") == ""
    expect(frame).to_be_visible()
    frame.scroll_into_view_if_needed()
    expect(mail.frame_locator("iframe").locator("body")).to_contain_text(number, timeout=WORKERS_TAKE_MS)
    mail.locator("label", has_text="Text").click()
    expect(frame).to_be_hidden()
    expect(mail.locator(".as-text pre")).to_contain_text(number)
    mail.locator("label", has_text="HTML").click()
    expect(frame).to_be_visible()
    expect(mail.locator(".as-text pre")).to_be_hidden()


def test_its_pdf_is_shown_in_the_page(order: Window, dev: Dev) -> None:
    shown = order.page.locator("#document object")
    expect(shown).to_be_visible(timeout=WORKERS_TAKE_MS)
    href = shown.get_attribute("data")
    assert dev.base + href in order.asked
    answer = order.page.request.get(href)
    assert (answer.status, answer.headers["content-type"], answer.body()[:5]) == (200, "application/pdf", b"%PDF-")
    expect(order.page.get_by_text("This browser shows no PDF here.")).to_be_hidden()


def test_in_a_narrow_window_nine_digits_and_a_long_name_are_read_without_scrolling(chromium: Browser, dev: Dev) -> None:
    item = {"product_id": "roaster", "name": "Drum coffee roaster with cooling tray, 15 kg " * 3, "quantity": 77}
    price = 9_123_456.78
    body = {"customer_id": "cust_test_001", "items": [{**item, "price": price, "tax_rate": 0.15}], "currency": "ZAR"}
    total = Decimal(str(price)) * 77
    placed = dev.call("POST", "/v1.0/orders", json=body | {"total": float(total + (total * 15 / 100).quantize(total))})
    assert placed.status_code == 201, placed.text
    with Window.opened(chromium, dev.base, width=390) as window:
        window.go(f"/local/orders/{placed.json()['order_number']}")
        table = window.page.locator("#lines .wide")
        assert table.evaluate("it => it.scrollWidth <= it.clientWidth")
        expect(table.locator("tbody")).to_contain_text("702506172.06")
        name, tax = (table.locator(f"tbody {each}").bounding_box() for each in ("th", "td:last-child"))
        assert name is not None
        assert tax is not None
        assert name["width"] > 300
        assert tax["x"] + tax["width"] <= 390
