"""Rules of prices in customers' orders ([SEC-10])."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orders.adapters.wire.pointers import pointer_of
from orders.domain.errors import Fault, InvalidOrder
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.placing import Draft, DraftLine
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import UNASKED, Answers, CampaignGranted, Offer
from orders.domain.pricing.price_rules import STRICTEST, PriceRules
from orders.domain.revising import Revision, revise, revised_basket, revision_of
from tests.support.builders import a_draft, a_line, a_stamp, an_order, placed

ZAR, USD, JPY = (Currency.of(code) for code in ("ZAR", "USD", "JPY"))
CUSTOMER = [Role.CUSTOMER]
FREE = PriceRules(free_products=frozenset({"gift"}))
TAXED = PriceRules(tax_rates=frozenset({Decimal(0), Decimal("0.15")}))
SHIPPED = PriceRules(shipping_amounts=frozenset({Money(0, ZAR), Money(7500, ZAR), Money(500, JPY)}))
ANYBODY_FOR_THE_SHOP = [[Role.STAFF], [Role.ADMIN], [Role.SERVICE], [Role.CUSTOMER, Role.STAFF]]


def ordered(draft: Draft, rules: PriceRules = STRICTEST, answers: Answers = UNASKED, roles: Any = CUSTOMER) -> Order:
    return placed(draft, roles=roles, answers=answers, rules=rules).order


def told(draft: Draft, rules: PriceRules = STRICTEST, answers: Answers = UNASKED) -> list[Fault]:
    with pytest.raises(InvalidOrder) as caught:
        ordered(draft, rules, answers)
    return list(caught.value.faults)


def codes(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(pointer_of(fault.path), fault.code) for fault in faults]


def offering(**prices: int) -> Answers:
    return Answers(offers={name: Offer(name, Money(minor, ZAR)) for name, minor in prices.items()})


DISCOUNTS = {
    "a line's": (a_draft(lines=(a_line(), a_line(discount=Decimal("0.01")))), "/items/1/discount"),
    "all of a line": (a_draft(lines=(a_line(discount=Decimal("59.98")),)), "/items/0/discount"),
    "the order's": (a_draft(discount=Decimal("1.00")), "/discount"),
}


@pytest.mark.parametrize(("draft", "pointer"), DISCOUNTS.values(), ids=DISCOUNTS.keys())
def test_a_customer_gives_no_discount_and_the_shop_does(draft: Draft, pointer: str) -> None:
    (fault,) = told(draft)
    assert (pointer_of(fault.path), fault.code) == (pointer, "discount_not_allowed")
    for roles in ANYBODY_FOR_THE_SHOP:
        assert ordered(draft, roles=roles).totals.total.to_decimal() == draft.total


def test_a_discount_of_nothing_is_none() -> None:
    order = ordered(a_draft(discount=Decimal("0.00"), lines=(a_line(discount=Decimal(0)),)))
    assert order.totals.discount.minor == 0
    assert order.totals.total.to_decimal() == a_draft().total


def test_a_campaign_gives_what_a_customer_may_not() -> None:
    draft = a_draft(campaign_code="SPRING", total=Decimal("54.98"))
    assert ordered(draft, answers=Answers(campaign=CampaignGranted(Money(500, ZAR)))).totals.discount.minor == 500
    own = a_draft(campaign_code="SPRING", discount=Decimal("1.00"), total=Decimal("53.98"))
    assert codes(told(own, answers=Answers(campaign=CampaignGranted(Money(500, ZAR))))) == [
        ("/discount", "discount_not_allowed")
    ]


@pytest.mark.parametrize("rate", ["0.15", "0.150", "0", "0.00"])
def test_a_listed_tax_rate_is_taken_however_it_is_written(rate: str) -> None:
    (line,) = ordered(a_draft(lines=(a_line(tax_rate=Decimal(rate)),)), TAXED).lines
    assert line.tax_rate == Decimal(rate)


def test_an_unlisted_tax_rate_is_refused_with_the_listed_ones() -> None:
    draft = a_draft(lines=(a_line(tax_rate=Decimal("0.15")), a_line(tax_rate=Decimal("0.05"))))
    (fault,) = told(draft, TAXED)
    assert (pointer_of(fault.path), fault.code) == ("/items/1/tax_rate", "tax_rate_not_listed")
    assert fault.message == "0.05 is none of the shop's tax rates, which are 0, 0.15"
    without = PriceRules(tax_rates=frozenset({Decimal("0.15")}))
    assert codes(told(a_draft(), without)) == [("/items/0/tax_rate", "tax_rate_not_listed")], "left out, it is 0"
    ordered(draft), ordered(draft, TAXED, roles=[Role.STAFF])


def test_shipping_costs_what_the_shop_lists_in_that_currency() -> None:
    for amount in ("0.00", "75.00", "75"):
        ordered(a_draft(shipping=Decimal(amount)), SHIPPED)
    ordered(a_draft(currency="JPY", lines=(a_line(price=Decimal(700)),), shipping=Decimal(500)), SHIPPED)
    (fault,) = told(a_draft(shipping=Decimal("5.00")), SHIPPED)
    assert (pointer_of(fault.path), fault.code) == ("/shipping", "shipping_not_listed")
    assert fault.message == "5.00 ZAR is none of the shop's shipping amounts, which are 0.00, 75.00"
    ordered(a_draft(shipping=Decimal("5.00")), SHIPPED, roles=[Role.SERVICE])


def test_in_another_currency_the_shop_does_not_ship_at_all() -> None:
    # Else whoever names another currency would ship for nothing.
    (fault,) = told(a_draft(currency="USD"), SHIPPED)
    assert (pointer_of(fault.path), fault.message) == (
        "/shipping",
        "the shop does not ship for USD; it does for JPY, ZAR",
    )


def test_nothing_is_free_but_by_the_shop_s_or_the_catalogue_s_word() -> None:
    gift = a_draft(lines=(a_line(), a_line(product_id="gift", price=Decimal("0.00"))))
    (fault,) = told(gift)
    assert (pointer_of(fault.path), fault.code) == ("/items/1/price", "zero_price")
    assert "gift is not free" in fault.message
    ordered(gift, FREE)
    ordered(gift, answers=offering(prod_001=2999, gift=0))
    assert codes(told(gift, FREE, offering(prod_001=2999, gift=100))) == [("/items/1/price", "price_changed")]
    ordered(gift, roles=[Role.STAFF])


def test_everything_is_told_at_once() -> None:
    draft = a_draft(
        lines=(a_line(price=Decimal(0)), a_line(discount=Decimal(1), tax_rate=Decimal("0.1"))),
        discount=Decimal(1),
        shipping=Decimal(1),
        total=Decimal(1),
    )
    assert codes(told(draft, replace(TAXED, shipping_amounts=SHIPPED.shipping_amounts))) == [
        ("/items/0/price", "zero_price"),
        ("/items/1/discount", "discount_not_allowed"),
        ("/items/1/tax_rate", "tax_rate_not_listed"),
        ("/discount", "discount_not_allowed"),
        ("/shipping", "shipping_not_listed"),
        ("/total", "total_mismatch"),
    ]


# -- changing one that is there ------------------------------------------------------------------------------------


def given_by_staff(discount: str = "3.00") -> Order:
    """Two lines: one with a discount and a rate that no list has, one that costs nothing; 3.00 off the whole."""
    lines = (
        a_line(discount=Decimal("9.98"), tax_rate=Decimal("0.07")),
        a_line(product_id="gift", price=Decimal(0)),
    )
    return an_order(lines=lines, discount=Decimal(discount))


def revised(order: Order, *lines: DraftLine, total: str, rules: PriceRules = TAXED, **more: Any) -> Order:
    revision = Revision(lines=lines, total=Decimal(total), **more)
    return revise(order, revision, a_stamp(), CUSTOMER, rules=rules).order


def refused(order: Order, *lines: DraftLine, total: str, rules: PriceRules = TAXED) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOrder) as caught:
        revised(order, *lines, total=total, rules=rules)
    return codes(list(caught.value.faults))


def test_what_staff_gave_comes_back_unchanged() -> None:
    order = given_by_staff()
    whole = replace(revision_of(order), notes="ring once")
    assert revise(order, whole, a_stamp(), CUSTOMER, rules=TAXED).order.notes == "ring once"


def test_a_line_s_stays_when_another_line_is_changed() -> None:
    order = given_by_staff(discount="0")
    discounted, gift = revision_of(order).lines
    # 59.98 - 9.98 + 3.50 tax + 10.00
    after = revised(order, discounted, gift, a_line(price=Decimal(5)), total="63.50")
    assert after.lines[0].discount.minor == 998
    renamed = revised(order, gift, replace(discounted, name="Mug", sku="m-1"), total="53.50")
    assert renamed.lines[1].discount.minor == 998, "in another place and by another name it is the same line"
    taxed = replace(discounted, discount=Decimal(0), quantity=3, tax_rate=Decimal("0.15"))
    without = revised(order, taxed, gift, total="103.47")
    assert without.lines[0].discount.minor == 0, "given up it may be"


def test_what_was_given_off_the_whole_stays_with_the_whole() -> None:
    order = given_by_staff()
    discounted, gift = revision_of(order).lines
    assert revised(order, gift, replace(discounted, name="Mug"), total="50.50").totals.discount.minor == 300
    given_up = replace(discounted, discount=Decimal(0), tax_rate=Decimal(0))
    for lines, total in (
        ((discounted,), "50.50"),
        ((discounted, gift, a_line(price=Decimal(5))), "60.50"),
        ((given_up, gift), "56.98"),
        ((discounted, replace(gift, line_id=None, product_id="tray", price=Decimal(1))), "52.50"),
    ):
        assert refused(order, *lines, total=total) == [("/discount", "discount_not_allowed")]


@pytest.mark.parametrize(
    ("quantity", "price", "total"), [(9, "10", "0"), (10, "9", "0"), (9000, "0.01", "0"), (11, "10", "20")]
)
def test_a_discount_is_no_reason_for_other_goods(quantity: int, price: str, total: str) -> None:
    order = an_order(lines=(a_line(quantity=10, price=Decimal(10), discount=Decimal(90)),))
    (line,) = revision_of(order).lines
    with pytest.raises(InvalidOrder) as caught:
        revised(order, replace(line, quantity=quantity, price=Decimal(price)), total=total)
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/items/0/discount", "discount_not_allowed")
    assert fault.message == (
        "the shop gave 90.00 ZAR off 10 of prod_001 at 10.00; leave it out; "
        "else leave the line as it is, or ask the shop"
    )


def test_a_discount_on_the_order_is_no_reason_for_other_goods() -> None:
    order = an_order(lines=(a_line(quantity=10, price=Decimal(100)),), discount=Decimal(100))
    (line,) = revision_of(order).lines
    for other in (replace(line, quantity=1), a_line(quantity=1, price=Decimal(100), product_id="tray")):
        with pytest.raises(InvalidOrder) as caught:
            revised(order, other, total="0")
        (fault,) = caught.value.faults
        assert (pointer_of(fault.path), fault.code) == ("/discount", "discount_not_allowed")
        assert fault.message == (
            "the shop gave 100.00 ZAR off the items as they are: leave the items as they are, or ask the shop"
        )
        staff = revise(order, Revision((other,), Decimal(0)), a_stamp(), [Role.STAFF]).order
        assert staff.totals.total.minor == 0


def test_a_line_free_of_tax_can_not_be_enlarged() -> None:
    order, only = an_order(lines=(a_line(quantity=1),)), PriceRules(tax_rates=frozenset({Decimal("0.15")}))
    (line,) = revision_of(order).lines
    with pytest.raises(InvalidOrder) as caught:
        revised(order, replace(line, quantity=1000), total="29990", rules=only)
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/items/0/tax_rate", "tax_rate_not_listed")
    assert fault.message.endswith("which are 0.15; else leave the line as it is, or ask the shop")
    taxed = replace(line, quantity=2, tax_rate=Decimal("0.15"))
    assert revised(order, taxed, total="68.98", rules=only).totals.tax.minor == 900


def test_a_campaign_s_part_is_none_that_staff_gave() -> None:
    granted = Answers(campaign=CampaignGranted(Money(500, ZAR)))
    order = ordered(a_draft(campaign_code="SPRING", total=Decimal("54.98")), answers=granted)
    (line,) = revision_of(order).lines
    fewer = Revision((replace(line, quantity=1),), Decimal("24.99"))
    assert revise(order, fewer, a_stamp(), CUSTOMER, granted).order.totals.discount.minor == 500


MORE_THAN_WAS_GIVEN: Mapping[str, tuple[Any, str]] = {
    "another discount": (lambda one, two: (replace(one, discount=Decimal("9.99")), two), "/items/0/discount"),
    "a lower discount": (lambda one, two: (replace(one, discount=Decimal("9.97")), two), "/items/0/discount"),
    "its discount on another product": (lambda one, two: (replace(one, product_id="tray"), two), "/items/0/discount"),
    "its discount on a new line": (lambda one, two: (replace(one, line_id=None), two), "/items/0/discount"),
    "another rate": (lambda one, two: (replace(one, tax_rate=Decimal("0.06")), two), "/items/0/tax_rate"),
    "its discount on fewer": (lambda one, two: (replace(one, quantity=1), two), "/items/0/discount"),
    "its discount on more": (lambda one, two: (replace(one, quantity=3), two), "/items/0/discount"),
    "its discount on another price": (lambda one, two: (replace(one, price=Decimal(20)), two), "/items/0/discount"),
    "its discount at another rate": (lambda one, two: (replace(one, tax_rate=Decimal(0)), two), "/items/0/discount"),
    "its rate on more": (lambda one, two: (replace(one, quantity=3), two), "/items/0/tax_rate"),
    "fewer of what is free": (lambda one, two: (one, replace(two, quantity=1)), "/items/1/price"),
    "its rate on another product": (
        lambda one, two: (replace(one, product_id="tray", discount=Decimal(0)), two),
        "/items/0/tax_rate",
    ),
    "more of what is free": (lambda one, two: (one, replace(two, quantity=two.quantity + 1)), "/items/1/price"),
    "something else for free": (lambda one, two: (one, replace(two, product_id="tray")), "/items/1/price"),
    "a price of nothing": (
        lambda one, two: (replace(one, price=Decimal(0), discount=Decimal(0)), two, a_line()),
        "/items/0/price",
    ),
    "a free one more": (lambda one, two: (one, two, a_line(price=Decimal(0))), "/items/2/price"),
    "a discount more": (lambda one, two: (one, two, a_line(discount=Decimal(1))), "/items/2/discount"),
}


@pytest.mark.parametrize(("change", "pointer"), MORE_THAN_WAS_GIVEN.values(), ids=MORE_THAN_WAS_GIVEN.keys())
def test_an_update_can_not_exceed_what_staff_granted(change: Any, pointer: str) -> None:
    order = given_by_staff()
    assert pointer in [at for at, _ in refused(order, *change(*revision_of(order).lines), total="0")]


def test_fewer_of_what_is_free_may_be_taken_where_shop_or_catalogue_say_that_it_is() -> None:
    order = given_by_staff(discount="0")
    discounted, gift = revision_of(order).lines
    fewer = Revision((discounted, replace(gift, quantity=1)), Decimal("53.50"))
    listed = replace(TAXED, free_products=FREE.free_products)
    assert revise(order, fewer, a_stamp(), CUSTOMER, rules=listed).order.lines[1].quantity == 1
    basket = revised_basket(order, fewer, CUSTOMER)
    assert basket is not None
    assert basket.units_wanted == {"gift": 0}, "the catalogue is asked about its price"
    assert revise(order, fewer, a_stamp(), CUSTOMER, offering(gift=0), TAXED).order.lines[1].quantity == 1
    with pytest.raises(InvalidOrder, match=r"gift costs 1\.00 ZAR now"):
        revise(order, fewer, a_stamp(), CUSTOMER, offering(gift=100), TAXED)
    staff = revised_basket(order, fewer, [Role.STAFF])
    assert staff is not None
    assert staff.units_wanted == {}


def test_shipping_that_was_agreed_on_stays_with_the_whole() -> None:
    order = an_order(shipping=Decimal("5.00"))
    (line,) = revision_of(order).lines
    same = revised(order, replace(line, name="Mug"), total="64.98", rules=SHIPPED)
    assert same.totals.shipping.minor == 500
    with pytest.raises(InvalidOrder) as caught:
        revised(order, replace(line, quantity=1), total="34.99", rules=SHIPPED)
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/shipping", "shipping_not_listed")
    assert fault.message.endswith("which are 0.00, 75.00: leave the items as they are, or ask the shop")
    listed = an_order(shipping=Decimal("75.00"))
    (line,) = revision_of(listed).lines
    assert revised(listed, replace(line, quantity=1), total="104.99", rules=SHIPPED).totals.shipping.minor == 7500


# -- whether anybody has checked -----------------------------------------------------------------------------------


def test_prices_are_unchecked_where_neither_shop_nor_catalogue_stands_behind_them() -> None:
    assert ordered(a_draft()).prices_unchecked
    assert not ordered(a_draft(), answers=offering(prod_001=2999)).prices_unchecked
    assert not ordered(a_draft(), roles=[Role.STAFF]).prices_unchecked
    silent = Answers(prices_unanswered=True)
    assert ordered(a_draft(), answers=silent).prices_unchecked
    assert ordered(a_draft(), answers=silent, roles=[Role.STAFF]).prices_unchecked, "the shop has them checked, always"


def test_an_order_stays_unchecked_until_the_last_such_price_is_gone() -> None:
    unchecked = ordered(a_draft(lines=(a_line(), a_line(product_id="tray", price=Decimal(10)))))
    mug, _ = revision_of(unchecked).lines
    checked = Answers(offers={"mug": Offer("mug", Money(100, ZAR)), "cup": Offer("cup", Money(200, ZAR))})
    stamp, staff = a_stamp(), [Role.STAFF]

    def after(lines: tuple[DraftLine, ...], total: str, roles: Any, answers: Answers = UNASKED) -> Order:
        return revise(unchecked, Revision(lines, Decimal(total)), stamp, roles, answers).order

    cup = a_line(product_id="cup", quantity=1, price=Decimal(2))
    assert after((mug, cup), "61.98", CUSTOMER, checked).prices_unchecked, "the mug's is as it was"
    assert not after((cup,), "2.00", CUSTOMER, checked).prices_unchecked
    assert not after((cup,), "2.00", staff).prices_unchecked
    assert after((cup,), "2.00", CUSTOMER).prices_unchecked
    assert after((replace(mug, quantity=1),), "29.99", staff).prices_unchecked, "fewer is no other price"
    sure = ordered(a_draft(), roles=staff)
    assert revise(sure, replace(revision_of(sure), notes="x"), stamp, CUSTOMER).order.prices_unchecked is False
