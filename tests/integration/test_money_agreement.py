"""One order's figures are the same wherever they show, to the minor unit ([DOM-5], [Q-14])."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from typing import Any, TypeVar

import httpx
import pikepdf
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.events import OrderEvent
from orders.domain.order import Order
from orders.ports.mail import MailTemplate
from tests.integration.figures_everywhere import (
    check_domain,
    check_json,
    check_mail,
    check_printed,
    check_view,
    json_figures,
)
from tests.integration.priced_orders import (
    MAX_PRICE_MINOR,
    MAX_QUANTITY,
    SPELLINGS,
    PricedOrder,
    items_json,
    oracle_lines,
    priced_order,
    priced_orders,
)
from tests.support.builders import a_tenant
from tests.support.http_api import ORDERS, Api, an_api_in_this_loop, expect
from tests.support.money_oracle import DIGITS, OracleLine, OracleTotals, written
from tests.support.service import Service

pytestmark = pytest.mark.timeout(900)

Result = TypeVar("Result")
PROOF = settings.get_current_profile_name() == "proof"
COMPOSER = JinjaMailComposer()
PATIENTLY = settings(
    max_examples=settings().max_examples if PROOF else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)


class Desk:
    """The service over HTTP, driven from tests that are not asynchronous: Hypothesis calls only such."""

    def __init__(self, runner: asyncio.Runner, api: Api) -> None:
        self._runner = runner
        self._api = api

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for it."""
        return self._runner.run(work)

    def call(self, method: str, path: str = "", body: str | None = None) -> httpx.Response:
        """A customer's call."""
        # By the shop, which may say anything of prices.
        return self.run(self._api.call(method, ORDERS + path, body, role="staff"))

    def place(self, asked: PricedOrder) -> tuple[httpx.Response, Order]:
        """Place it in an empty table; the answer, and the order."""
        rows = self._api.service.table.rows
        rows.clear()
        answer = self.call("POST", body=asked.body)
        assert answer.status_code == 201, (asked.body, answer.text)
        (row,) = rows.values()
        return answer, row.order

    def last_event(self, order_id: str) -> OrderEvent:
        """Returns the order's latest published event."""
        log = self.run(self._api.service.outbox.read("demo", order_id))
        event: OrderEvent = log[-1]
        return event

    def order(self, order_id: str) -> Order:
        """The order as it is kept."""
        return self._api.service.table.rows["demo", order_id].order


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The service in memory."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = an_api_in_this_loop(tmp_path_factory.mktemp("keys"), Service(), checked=False)
        api = runner.run(stack.enter_async_context(opened))
        yield Desk(runner, api)
        runner.run(stack.aclose())


@pytest.fixture(scope="module")
def renderer(desk: Desk) -> Iterator[PdfRenderer]:
    """Makes real documents."""
    renderer = PdfRenderer(processes=1, timeout_seconds=300)
    yield renderer
    desk.run(renderer.close())


def check_everywhere(desk: Desk, asked: PricedOrder) -> Order:
    """Place the order and look at all that shows its figures, but for the document."""
    answer, order = desk.place(asked)
    check_json(json_figures(answer.content), asked)
    assert desk.call("GET", f"/{order.order_id}").content == answer.content
    (listed,) = json_figures(desk.call("GET").content)["items"]
    check_json(listed, asked)
    check_domain(order, asked)
    check_event(desk.last_event(order.order_id), asked.currency, asked.totals.total)
    check_view(order, asked)
    check_mail(desk.run(COMPOSER.compose(MailTemplate.ORDER_CONFIRMATION, order, a_tenant())), asked)
    return order


def check_event(event: OrderEvent, currency: str, total: int) -> None:
    data = to_cloud_event(event)["data"]
    assert isinstance(data, Mapping)
    assert (data["currency"], data["total"]) == (currency, written(total, DIGITS[currency]))


@pytest.mark.parametrize("currency", sorted(DIGITS))
def test_any_orders_figures_agree_everywhere(
    desk: Desk, currency: str, record_property: Callable[[str, object], None]
) -> None:
    orders = 0

    @PATIENTLY
    @given(priced_orders(currency))
    def agree(asked: PricedOrder) -> None:
        nonlocal orders
        check_everywhere(desk, asked)
        orders += 1

    agree()
    record_property("figure", f"{orders} orders in {currency} have the same figures everywhere")


@settings(PATIENTLY, max_examples=PATIENTLY.max_examples // 2)
@given(asked=st.sampled_from(sorted(DIGITS)).flatmap(priced_orders), lines=oracle_lines(), data=st.data())
def test_after_a_change_of_lines_they_agree_again(
    desk: Desk, asked: PricedOrder, lines: list[tuple[OracleLine, str]], data: st.DataObject
) -> None:
    _, order = desk.place(asked)
    totals = OracleTotals.of((line for line, _ in lines), asked.totals.shipping, asked.totals.discount)
    items, total = items_json(lines, asked.digits), written(totals.total, asked.digits)
    answer = desk.call("PATCH", f"/{order.order_id}", f'{{"items":{items},"total":{total}}}')
    if totals.total < 0:
        expect(answer, 422, "invalid-content")
        return
    assert answer.status_code == 200, answer.text
    changed = replace(
        asked, lines=tuple(line for line, _ in lines), rates=tuple(rate for _, rate in lines), totals=totals
    )
    check_json(json_figures(answer.content), changed)
    check_domain(desk.order(order.order_id), changed)
    check_event(desk.last_event(order.order_id), asked.currency, totals.total)


def line(price: int, quantity: int = 1, rate: str = "0", discount: int = 0) -> tuple[OracleLine, str]:
    return OracleLine(price, quantity, discount, Fraction(rate)), rate


TENTH = "0.1"
NAMED: dict[str, tuple[PricedOrder, str]] = {
    "29.99 three times": (priced_order("USD", [line(2999, 3)]), "89.97"),
    "0.1 and 0.2": (priced_order("ZAR", [line(10), line(20)], spell=SPELLINGS[2]), "0.30"),
    "halves of a cent": (priced_order("ZAR", [line(5 + 10 * n, rate=TENTH) for n in range(10)]), "5.50"),
    "halves of a yen": (priced_order("JPY", [line(5 + 10 * n, rate=TENTH) for n in range(10)]), "550"),
    "halves of a fils": (priced_order("BHD", [line(5 + 10 * n, rate=TENTH) for n in range(10)]), "0.550"),
    "a hair below and above a half": (
        priced_order("ZAR", [line(1, rate="0.499999999999"), line(1, rate="0.500000000001")]), "0.03",
    ),
    "discounts and shipping": (
        priced_order("ZAR", [line(10000, rate="0.15", discount=1000)], shipping=750, discount=500), "106.00",
    ),
    "all of it discounted": (priced_order("USD", [line(2999, 2, "0.15", 5998)]), "0.00"),
    "taxed in full": (priced_order("BHD", [line(1005, 2, "1")]), "4.020"),
    "twelve places of a rate": (priced_order("ZAR", [line(10000, rate="0.333333333333")]), "133.33"),
    "yen": (priced_order("JPY", [line(1200, 2, "0.10")], shipping=500, spell=SPELLINGS[4]), "3140"),
    "dinars": (priced_order("BHD", [line(1005, 2)], spell=SPELLINGS[3]), "2.010"),
    "five hundred lines": (priced_order("ZAR", [line(333, rate="0.15")] * 500), "1915.00"),
    "the highest price of the most units": (
        priced_order("ZAR", [line(MAX_PRICE_MINOR, MAX_QUANTITY)]), "10000000000000.00",
    ),
    "the most there can be": (
        priced_order("BHD", [line(MAX_PRICE_MINOR, MAX_QUANTITY, "1")] * 500), "1000000000000000.000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_named_cases_come_to_what_is_reckoned_by_hand(desk: Desk, name: str) -> None:
    asked, total = NAMED[name]
    assert written(asked.totals.total, asked.digits) == total
    check_everywhere(desk, asked)


only_as_proof = pytest.mark.skipif(not PROOF, reason="documents of 500 lines take long: make proof")
DOCUMENTS = [pytest.param(name, marks=only_as_proof if len(NAMED[name][0].lines) > 100 else ()) for name in NAMED]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_print_and_bring_along_the_same_figures(desk: Desk, renderer: PdfRenderer, name: str) -> None:
    asked, _ = NAMED[name]
    _, order = desk.place(asked)
    pdf = desk.run(renderer.render(order, a_tenant()))
    with pikepdf.open(BytesIO(pdf)) as document:
        (attached,) = document.attachments.values()
        check_json(json_figures(attached.get_file().read_bytes()), asked)
    check_printed([page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages], asked)


ONE_ITEM = (
    '{{"customer_id":"cust_test_001","currency":"{}",'
    '"items":[{{"product_id":"p","quantity":{},"price":{}}}],"total":{}}}'
)


@pytest.mark.parametrize(
    ("quantity", "price", "total", "shown"),
    [
        ("1", "1E2", "100", "100.00"),
        ("1", "100.000", "1e2", "100.00"),
        ("2", "29.99", "59.980", "59.98"),
        ("2", "2.999E+1", "5998e-2", "59.98"),
        ("2", "29990E-3", "0.05998E3", "59.98"),
        ("1", "-0", "-0.00", "0.00"),
        ("1", "0E999999", "0e-999999", "0.00"),
        ("3", "0.10", "0.30", "0.30"),
    ],
)
def test_however_a_number_is_written_it_is_shown_in_the_currencys_digits(
    desk: Desk, quantity: str, price: str, total: str, shown: str
) -> None:
    answer = desk.call("POST", body=ONE_ITEM.format("USD", quantity, price, total))
    assert answer.status_code == 201, answer.text
    assert f'"total":{shown},'.encode() in answer.content


@pytest.mark.parametrize(
    ("currency", "price", "total", "pointers"),
    [
        ("JPY", "1200.5", "1200.5", {"/items/0/price", "/total"}),
        ("JPY", "1200", "1200.5", {"/total"}),
        ("USD", "0.001", "0.001", {"/items/0/price", "/total"}),
        ("BHD", "0.0001", "0", {"/items/0/price"}),
        ("USD", "0.3", "0.30000000000000004", {"/total"}),
        ("USD", "0.3", "0.29", {"/total"}),
        ("USD", "1E999999", "1", {"/items/0/price"}),
        ("USD", "1e-999999", "0", {"/items/0/price"}),
        ("USD", "-0.01", "-0.01", {"/items/0/price", "/total"}),
        ("USD", "10000000.01", "1", {"/items/0/price"}),
        ("USD", '"1.00"', "true", {"/items/0/price", "/total"}),
    ],
)
def test_what_is_no_exact_amount_of_the_currency_is_refused_where_it_stands(
    desk: Desk, currency: str, price: str, total: str, pointers: set[str]
) -> None:
    problem = expect(desk.call("POST", body=ONE_ITEM.format(currency, 1, price, total)), 422, "invalid-content")
    assert {fault["pointer"] for fault in problem["errors"]} == pointers
