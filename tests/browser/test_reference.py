"""Sending from the reference in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window

pytestmark = pytest.mark.timeout(420)

ANSWERED_WITHIN_MS = 30_000


def test_an_order_is_placed_from_the_reference_and_read_by_the_link_of_its_answer(window: Window) -> None:
    page = window.page
    window.go("/v1.0/docs/operations/createOrder")
    page.locator("#local-token").click()
    expect(page.locator("#send-token")).to_have_value(re.compile(r"^eyJ[\w-]+\.[\w-]+\.[\w-]+$"))
    page.locator("#send-now").click()
    expect(page.locator("#answer-status")).to_contain_text("201", timeout=ANSWERED_WITHIN_MS)
    found = re.search(r'"order_id":\s*"([^"]+)"', page.locator("#answer-body code").inner_text())
    assert found is not None
    page.locator("#answer-headers a").first.click()
    page.wait_for_url("**/operations/getOrder*")
    expect(page.locator("#send-order_id")).to_have_value(found[1])
    page.locator("#send-now").click()
    expect(page.locator("#answer-status")).to_contain_text("200", timeout=ANSWERED_WITHIN_MS)
    window.go(f"/local/orders/{found[1]}?shop=demo")
    expect(page.locator("h1.number")).to_be_visible()


def test_without_a_token_the_answer_leads_to_its_problem(window: Window) -> None:
    page = window.page
    window.go("/v1.0/docs/operations/createOrder")
    page.locator("#send-now").click()
    expect(page.locator("#answer-status")).to_contain_text("401", timeout=ANSWERED_WITHIN_MS)
    page.locator("#answer-body a").first.click()
    page.wait_for_url("**/docs/problems/*")
    expect(page.locator("h1")).to_be_visible()
