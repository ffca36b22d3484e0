"""Checks of an order against other services' answers ([DOM-7]), and a campaign's part in its totals ([DOM-5])."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.wire.pointers import path_of, pointer_of
from orders.domain.errors import Fault, InvalidOrder
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import Line
from orders.domain.placing import Draft, basket_of
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import (
    UNASKED,
    Answers,
    CampaignGranted,
    CampaignRefusalReason,
    CampaignRefused,
    CampaignVerdict,
    Offer,
    offer_faults,
    units_wanted,
)
from orders.domain.revising import Revision, revise, revision_of
from tests.support import builders
from tests.support.builders import a_draft, a_line, a_stamp, an_order_line

ZAR = Currency.of("ZAR")
CUSTOMER = [Role.CUSTOMER]
SHOP = [Role.STAFF]
"""Roles that may grant discounts."""
EXPIRED = CampaignRefused(CampaignRefusalReason.EXPIRED, "on 1 March")


def zar(minor: int) -> Money:
    return Money(minor, ZAR)


def line(number: int = 1, **overrides: Any) -> Line:
    return an_order_line(**({"line_id": f"line_{number}", "product_id": "mug"} | overrides))


def offers(**products: Offer) -> Mapping[str, Offer]:
    return products


def mug(**overrides: Any) -> Offer:
    return replace(Offer("mug", zar(2999)), **overrides)


def placed(draft: Draft, answers: Answers = UNASKED) -> Order:
    return builders.placed(draft, roles=SHOP, answers=answers).order


def faults_of(draft: Draft, answers: Answers) -> list[Fault]:
    with pytest.raises(InvalidOrder) as caught:
        placed(draft, answers)
    return list(caught.value.faults)


def test_nothing_is_wrong_with_what_is_sold_at_its_price() -> None:
    assert offer_faults([line()], offers(mug=mug(available=2))) == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ({}, ("/items/0/product_id", "unknown_product", "there is no product mug")),
        ({"mug": mug(sellable=False)}, ("/items/0/product_id", "not_sellable", "mug is not sold at present")),
        ({"mug": mug(price=None)}, ("/items/0/product_id", "not_sellable", "mug is not sold in ZAR")),
        (
            {"mug": mug(price=zar(3100))},
            ("/items/0/price", "price_changed", "mug costs 31.00 ZAR now, not 29.99 ZAR"),
        ),
        (
            {"mug": mug(price=zar(2998))},
            ("/items/0/price", "price_changed", "mug costs 29.98 ZAR now, not 29.99 ZAR"),
        ),
        (
            {"mug": mug(available=0)},
            ("/items/0/quantity", "out_of_stock", "mug is not in stock; 2 would be needed"),
        ),
        (
            {"mug": mug(available=1)},
            ("/items/0/quantity", "out_of_stock", "only 1 of mug are in stock; 2 would be needed"),
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(
    found: Mapping[str, Offer], fault: tuple[str, str, str]
) -> None:
    assert offer_faults([line()], found) == [Fault(path_of(fault[0]), *fault[1:])]


def test_everything_is_named_at_once() -> None:
    draft = a_draft(
        lines=(a_line(product_id="mug"), a_line(product_id="pot"), a_line(product_id="lid"), a_line(quantity=9)),
        total=Decimal(1),
    )
    found = offers(mug=mug(price=zar(1), available=1), lid=Offer("lid", None), prod_001=Offer("prod_001", zar(2999)))
    assert [(pointer_of(fault.path), fault.code) for fault in faults_of(draft, Answers(found))] == [
        ("/items/0/price", "price_changed"),
        ("/items/0/quantity", "out_of_stock"),
        ("/items/1/product_id", "unknown_product"),
        ("/items/2/product_id", "not_sellable"),
        ("/total", "total_mismatch"),
    ]


def test_several_lines_of_a_product_share_its_stock() -> None:
    lines = [line(number, quantity=2) for number in (1, 2, 3)]
    assert units_wanted(lines) == {"mug": 6}
    faults = offer_faults(lines, offers(mug=mug(available=5)))
    assert [pointer_of(fault.path) for fault in faults] == ["/items/2/quantity"]
    assert offer_faults(lines, offers(mug=mug(available=6))) == []


def test_of_a_changed_order_only_what_is_new_is_asked_about() -> None:
    before = [line(1), line(2, product_id="pot"), line(3, product_id="lid")]
    lines = [line(1, quantity=1), line(2, product_id="pot", quantity=5), line(4, product_id="cup")]
    assert units_wanted(lines, before) == {"pot": 3, "cup": 2}
    # What was agreed on stays agreed, whatever has become of the product since.
    found = offers(pot=Offer("pot", zar(2999), available=3), cup=Offer("cup", zar(2999)))
    assert offer_faults(lines, found, before) == []
    assert [fault.code for fault in offer_faults(lines, {}, before)] == ["unknown_product"] * 2


def test_more_of_a_line_is_to_be_had_at_todays_price_only() -> None:
    found = offers(mug=mug(price=zar(3500)))
    (fault,) = offer_faults([line(quantity=3)], found, before=[line()])
    assert (pointer_of(fault.path), fault.code) == ("/items/0/price", "price_changed")
    apart = [line(), line(2, quantity=1, price=zar(3500))]
    assert units_wanted(apart, [line()]) == {"mug": 1}
    assert offer_faults(apart, found, before=[line()]) == []


def test_units_that_an_order_holds_are_its_own_on_whatever_line() -> None:
    before = [line(1, quantity=2), line(2, quantity=3)]
    moved = [line(1, quantity=5)]
    assert units_wanted(moved, before) == {"mug": 0}
    assert offer_faults(moved, offers(mug=mug(available=0)), before) == []
    more = [line(1, quantity=5), line(2, quantity=3)]
    (fault,) = offer_faults(more, offers(mug=mug(available=2)), before)
    assert (pointer_of(fault.path), fault.message) == (
        "/items/0/quantity",
        "only 2 of mug are in stock; 3 would be needed",
    )


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 12),
)
def test_stock_is_refused_exactly_when_more_is_wanted_than_there_is(
    wished: list[tuple[str, int, bool]], available: int
) -> None:
    lines = [
        line(number, product_id=product, quantity=quantity) for number, (product, quantity, _) in enumerate(wished)
    ]
    before = [each for each, (_, _, known) in zip(lines, wished, strict=True) if known]
    found = {product: Offer(product, zar(2999), available=available) for product in "ab"}
    short = {product for product, units in units_wanted(lines, before).items() if units > available}
    refused = {lines[int(fault.path[1])].product_id for fault in offer_faults(lines, found, before)}
    assert refused == short


def test_its_discount_adds_to_the_given_one_and_stays_known() -> None:
    draft = a_draft(campaign_code="SPRING", discount=Decimal("2.00"), total=Decimal("52.98"))
    order = placed(draft, Answers(campaign=CampaignGranted(zar(500))))
    totals = order.totals
    assert (totals.discount, totals.total, order.campaign_discount) == (zar(700), zar(5298), zar(500))
    assert order.own_discount == zar(200)


def test_it_comes_off_after_tax() -> None:
    draft = a_draft(lines=(a_line(tax_rate=Decimal("0.15")),), campaign_code="SPRING", total=Decimal("63.98"))
    totals = placed(draft, Answers(campaign=CampaignGranted(zar(500)))).totals
    assert (totals.subtotal, totals.tax, totals.total) == (zar(5998), zar(900), zar(6398))


def test_a_wrong_total_is_refused_with_both_figures_and_what_the_campaign_gives() -> None:
    for total in ("59.98", "54.97"):
        (fault,) = faults_of(
            a_draft(campaign_code="SPRING", total=Decimal(total)), Answers(campaign=CampaignGranted(zar(500)))
        )
        assert (pointer_of(fault.path), fault.code) == ("/total", "total_mismatch")
        for part in (f"{total} ZAR", "54.98 ZAR", "5.00 ZAR", "SPRING"):
            assert part in fault.message


@pytest.mark.parametrize("reason", CampaignRefusalReason)
def test_a_code_that_gives_nothing_is_refused_with_the_reason(reason: CampaignRefusalReason) -> None:
    # The total that counted on it is no fault of its own.
    (fault,) = faults_of(
        a_draft(campaign_code="SPRING", total=Decimal("54.98")),
        Answers(campaign=CampaignRefused(reason, "on 1 March")),
    )
    assert (pointer_of(fault.path), fault.code) == ("/campaign_code", f"campaign_{reason}")
    assert "SPRING" in fault.message
    assert "on 1 March" in fault.message


def test_it_takes_off_no_more_than_there_is() -> None:
    (fault,) = faults_of(
        a_draft(campaign_code="SPRING", total=Decimal(0)), Answers(campaign=CampaignGranted(zar(5999)))
    )
    assert (pointer_of(fault.path), fault.code) == ("/campaign_code", "negative_total")
    assert "59.99 ZAR" in fault.message
    assert "59.98 ZAR" in fault.message
    order = placed(a_draft(campaign_code="SPRING", total=Decimal(0)), Answers(campaign=CampaignGranted(zar(5998))))
    assert order.totals.total == zar(0)


def test_nobody_asked_is_nothing_given() -> None:
    order = placed(a_draft(campaign_code="SPRING"))
    assert (order.campaign_code, order.campaign_discount) == ("SPRING", None)
    assert order.own_discount == order.totals.discount == zar(0)
    (fault,) = faults_of(a_draft(campaign_code="SPRING", total=Decimal("54.98")), UNASKED)
    assert "59.98 ZAR" in fault.message


@pytest.mark.parametrize(
    ("total", "code", "counts"),
    [("59.98", "SPRING", False), ("59.97", "SPRING", True), ("60.00", "SPRING", False), ("59.97", None, False)],
)
def test_who_counts_on_it_is_known_without_asking(total: str, code: str | None, counts: bool) -> None:
    assert basket_of(a_draft(campaign_code=code, total=Decimal(total))).counts_on_campaign is counts


def test_its_event_says_that_it_was_used() -> None:
    draft = a_draft(campaign_code="SPRING", total=Decimal("54.98"))
    change = builders.placed(draft, roles=CUSTOMER, answers=Answers(campaign=CampaignGranted(zar(500))))
    assert change.event is not None
    assert (change.event.data["campaign_code"], change.event.data["campaign_discount"]) == ("SPRING", "5.00")
    noted = builders.placed(a_draft(campaign_code="SPRING"), roles=CUSTOMER)
    assert noted.event is not None
    assert "campaign_code" not in noted.event.data, "typed by somebody, and confirmed by nobody"


def with_campaign() -> Order:
    draft = a_draft(campaign_code="SPRING", discount=Decimal("2.00"), total=Decimal("52.98"))
    return placed(draft, Answers(campaign=CampaignGranted(zar(500))))


def three(order: Order, total: str) -> Revision:
    revision = revision_of(order)
    return replace(revision, lines=(replace(revision.lines[0], quantity=3),), total=Decimal(total))


def revised(total: str, verdict: CampaignVerdict | None) -> Order:
    order = with_campaign()
    return revise(order, three(order, total), a_stamp(), SHOP, Answers(campaign=verdict)).order


def test_the_campaign_gives_what_it_gives_now() -> None:
    order = revised("79.97", CampaignGranted(zar(800)))
    assert (order.campaign_discount, order.own_discount, order.totals.total) == (zar(800), zar(200), zar(7997))


@pytest.mark.parametrize("verdict", [EXPIRED, None])
def test_without_it_the_order_goes_on_at_the_full_price(verdict: CampaignVerdict | None) -> None:
    order = revised("87.97", verdict)
    assert (order.campaign_discount, order.totals.discount, order.campaign_code) == (None, zar(200), "SPRING")


def test_an_expired_campaign_is_named_in_the_total_s_fault() -> None:
    with pytest.raises(InvalidOrder) as caught:
        revised("82.97", EXPIRED)
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/total", "total_mismatch")
    assert "87.97 ZAR; the campaign SPRING has expired (on 1 March)" in fault.message


@pytest.mark.parametrize(("verdict", "said"), [(CampaignGranted(zar(800)), "8.00"), (EXPIRED, None)])
def test_the_event_says_what_has_become_of_it(verdict: CampaignVerdict, said: str | None) -> None:
    order = with_campaign()
    total = "79.97" if said else "87.97"
    change = revise(order, three(order, total), a_stamp(), SHOP, Answers(campaign=verdict))
    assert change.event is not None
    assert (change.event.data["campaign_code"], change.event.data["campaign_discount"]) == ("SPRING", said)


def test_other_fields_leave_it_as_it_is() -> None:
    order = with_campaign()
    changed = revise(order, replace(revision_of(order), notes="ring twice"), a_stamp(), CUSTOMER).order
    assert (changed.campaign_discount, changed.totals) == (order.campaign_discount, order.totals)


def test_what_the_catalogue_says_of_new_lines_counts() -> None:
    order = placed(a_draft())
    revision = three(order, "89.97")
    with pytest.raises(InvalidOrder) as caught:
        revise(
            order,
            revision,
            a_stamp(),
            CUSTOMER,
            Answers({"prod_001": Offer("prod_001", zar(2999), available=0)}),
        )
    assert [(pointer_of(fault.path), fault.code) for fault in caught.value.faults] == [
        ("/items/0/quantity", "out_of_stock")
    ]
