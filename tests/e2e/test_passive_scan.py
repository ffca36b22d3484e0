"""The passive rules of ZAP's baseline on all that a running service answers; ZAP itself looks in the workflow."""

from collections import Counter

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.support.eventually import eventually
from tests.support.passive_scan.message import Message
from tests.support.passive_scan.rules import ARGUED, RULES, findings
from tests.support.passive_scan.spider import Spider

pytestmark = [pytest.mark.local_pages, pytest.mark.timeout(420)]

IN_TIME_SECONDS = 60


@pytest.fixture(scope="module")
def messages(stack: Stack) -> list[Message]:
    """Every request of the spider with its answer, on a stack with an order that has its document and mails."""
    order = stack.place()
    eventually(lambda: stack.pdf(order), within_seconds=IN_TIME_SECONDS, what="PDF")
    eventually(lambda: len(stack.mails_of(order)) == 2, within_seconds=IN_TIME_SECONDS, what="two mails")
    with httpx.Client(base_url=stack.base, timeout=35) as client:
        spider = Spider(client, stack.token, lambda: str(stack.place()["order_id"]))
        spider.pages()
        spider.operations(client.get("/v1.0/openapi.json").json())
        spider.mistakes()
    return spider.messages


def test_the_spider_has_seen_every_kind_of_answer(messages: list[Message]) -> None:
    statuses = Counter(each.status for each in messages)
    assert {200, 201, 202, 204, 302, 303, 304, 400, 401, 404, 405, 412, 413, 414, 415, 422} <= set(statuses), statuses
    assert not [each for each in messages if each.status >= 500]
    assert {"text/html", "text/plain", "application/json", "application/problem+json", "application/pdf"} <= {
        each.kind for each in messages
    }
    pages = {each.url for each in messages if each.is_page}
    assert {"/v1.0/docs", "/local/"} <= pages
    assert any(url.startswith("/local/mails/") for url in pages)
    assert {each.method for each in messages} >= {"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("number", [number for number, rule in RULES.items() if rule.check is not None])
def test_a_rule_finds_nothing_that_is_not_argued(messages: list[Message], number: int) -> None:
    found = [each for message in messages for each in findings(number, message)]
    assert found == [], f"{number} {RULES[number].name}: {len(found)} findings"


def test_what_is_argued_is_there(messages: list[Message]) -> None:
    """An argument that nothing needs any more is taken out."""
    for argued in ARGUED:
        for number in argued.rules:
            check = RULES[number].check
            assert check is not None
            assert any(list(check(each)) for each in messages if argued.of(each)), argued.why
