"""Each kind of page: no barrier that axe-core knows, no wider than its window, and small."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.window import Scheme, Window
from tests.e2e.dev_process import Dev

pytestmark = pytest.mark.timeout(420)

AXE = Path(__file__).parents[2] / ".cache/npm/browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS: list[tuple[int, Scheme]] = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
MOST_BYTES = 60_000
"""Of a page with its script, styles and mails, as they are sent; without PDFs, which are what they are."""

PAGES = {
    "list": "/local/",
    "list without orders": "/local/?shop=nobody",
    "order": None,
    "mail": None,
    "no such order": "/local/orders/nothing",
    "queues and errors": "/local/top",
    "reference": "/v1.0/docs",
    "guide": "/v1.0/docs/guide",
    "operation": "/v1.0/docs/operations/createOrder",
    "operation with filters": "/v1.0/docs/operations/listOrders",
    "schema": "/v1.0/docs/schemas/Order",
    "problem": "/v1.0/docs/problems/not-found",
    "no such problem": "/problems/nonsense",
}
"""Kinds of pages and their paths; ``None``: the path is looked up in the pages before it."""

MEASURE = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (!paint) return;
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((each) => !new URL(each.name).pathname.startsWith("/local/documents/"));
  done([loaded.reduce((sum, each) => sum + each.transferSize, 0), paint.startTime]);
}).observe({type: "paint", buffered: true}))"""
"""Bytes and milliseconds, as soon as there was a first paint. Polling from outside needs the `eval` that the pages'
policy forbids.
"""


@pytest.fixture(scope="module")
def paths(chromium: Browser, dev: Dev) -> dict[str, str]:
    """The path of each kind of page."""
    return paths_of(chromium, dev)


def paths_of(chromium: Browser, dev: Dev) -> dict[str, str]:
    """Returns the path of each kind of page; the order is one that went the whole way, and the mail one of its own."""
    with Window.opened(chromium, dev.base) as opened:
        opened.go("/local/?status=completed")
        order = opened.page.locator("#orders a.number").first.get_attribute("href")
        opened.go(order)
        opened.page.locator("#document object").wait_for()
        mail = opened.page.locator("#mails").get_by_role("link", name="page", exact=True).first.get_attribute("href")
    found = {"order": str(order), "mail": str(mail)}
    return {kind: path or found[kind] for kind, path in PAGES.items()}


def barriers(window: Window) -> list[str]:
    """Returns what axe-core finds: the rule, the first place, and how to mend it."""
    window.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = window.page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, iframes: false, resultTypes: ['violations']})", RULES
    )
    assert found["passes"], "no rule was applied"
    return [
        f"{each['id']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}"
        for each in found["violations"]
    ]


@pytest.mark.parametrize("kind", PAGES)
def test_no_page_has_a_barrier_or_is_wider_than_its_window(
    kind: str, paths: dict[str, str], chromium: Browser, dev: Dev
) -> None:
    for width, scheme in LOOKS:
        with Window.opened(chromium, dev.base, width=width, scheme=scheme) as window:
            window.go(paths[kind])
            assert window.page.locator("h1").count() == 1
            assert barriers(window) == [], (width, scheme)
            assert window.page.evaluate("document.documentElement.scrollWidth") <= width, scheme


@pytest.mark.parametrize("kind", PAGES)
def test_every_page_is_small(
    kind: str, paths: dict[str, str], window: Window, record_property: Callable[[str, object], None]
) -> None:
    window.go(paths[kind])
    transferred, first_paint_ms = window.page.evaluate(MEASURE)
    assert 1_000 < transferred < MOST_BYTES
    record_property("figure", f"{kind:<24}{transferred / 1000:>7.1f} kB  first paint after {first_paint_ms:>5.0f} ms")


def test_a_barrier_would_be_found(window: Window) -> None:
    """Or the tests above would pass for want of an eye."""
    window.go("/local/")
    window.page.evaluate("document.querySelector('label[for=sample-shop]').remove()")
    assert any(each.startswith("select-name") for each in barriers(window))
