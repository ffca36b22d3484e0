"""Any order and any event that the domain can hold, for Hypothesis."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from orders.domain.events import Actor, EventType, OrderEvent
from orders.domain.identity import new_order_id, order_number
from orders.domain.lifecycle import Status
from orders.domain.order import Order
from orders.domain.parts import (
    Address,
    Customer,
    Deletion,
    Document,
    DocumentStatus,
    Erasure,
    Line,
    Parcel,
    ParcelLine,
    Payment,
)
from orders.domain.pricing.currencies import CURRENCIES, Currency
from orders.domain.pricing.money import Money, Totals
from orders.domain.reports import Report, Reported, ReportType
from tests.support.builders import a_receipt

KEYS = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)
TEXTS = st.text(max_size=12)
MAYBE_TEXT = st.none() | TEXTS
COUNTS = st.integers(1, 1_000_000)
INSTANTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the time zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC]),
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
WHOLE_SECONDS = INSTANTS.map(lambda at: at.replace(microsecond=0))
RATES = st.decimals(0, 1, places=4) | st.sampled_from([Decimal("0.150"), Decimal("0.15"), Decimal("1E-7"), Decimal(0)])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Any order; its figures need not add up, as no adapter reckons."""
    currency = draw(st.sampled_from(list(CURRENCIES.values())))
    order_id = draw(st.builds(new_order_id, INSTANTS, st.integers(0, 2**80 - 1)))
    ordered = tuple(draw(st.lists(lines(currency), max_size=3)))
    # Nothing is sent that was not ordered.
    sent = parcels([line.line_id for line in ordered])
    parts: dict[str, st.SearchStrategy[Any]] = {
        "tenant_id": KEYS,
        "order_id": st.just(order_id),
        "order_number": st.just(order_number(order_id)),
        "customer_id": KEYS,
        "status": st.sampled_from(Status),
        "version": COUNTS,
        "sequence": COUNTS,
        "lines": st.just(ordered),
        "totals": st.builds(Totals, *[amounts(currency)] * 5),
        "created_at": INSTANTS,
        "updated_at": INSTANTS,
        "printed_version": COUNTS,
        "lines_ever": COUNTS,
        "parcels": st.lists(sent, max_size=2).map(tuple),
        "customer": st.none() | st.builds(Customer, MAYBE_TEXT, MAYBE_TEXT, MAYBE_TEXT),
        "notification_email": MAYBE_TEXT,
        "notification_fault": MAYBE_TEXT,
        "billing_address": st.none() | addresses(),
        "shipping_address": st.none() | addresses(),
        "payment": st.none() | st.builds(Payment, MAYBE_TEXT, MAYBE_TEXT, MAYBE_TEXT, MAYBE_TEXT),
        "campaign_code": MAYBE_TEXT,
        "campaign_discount": st.none() | amounts(currency),
        "prices_unchecked": st.booleans(),
        "notes": MAYBE_TEXT,
        "metadata": st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
        "locale": MAYBE_TEXT,
        "reason": MAYBE_TEXT,
        "document": st.none() | documents(),
        "deletion": st.none() | st.builds(Deletion, INSTANTS, TEXTS),
        "erasure": st.none() | st.builds(Erasure, INSTANTS, TEXTS),
        "recent_keys": st.lists(st.tuples(TEXTS, COUNTS), max_size=3).map(tuple),
        "reported": reported(),
        "expires_at": st.none() | WHOLE_SECONDS,
    }
    assert parts.keys() == {each.name for each in fields(Order)}, "a field that nothing tests"
    return Order(**{name: draw(part) for name, part in parts.items()})


def reported() -> st.SearchStrategy[Reported]:
    """Anything that is kept of reports."""
    parcel_lines = st.lists(st.builds(ParcelLine, KEYS, COUNTS), min_size=1, max_size=3).map(tuple)
    report = st.builds(
        Report,
        id=TEXTS,
        type=st.sampled_from(ReportType),
        at=INSTANTS,
        reason_code=MAYBE_TEXT,
        carrier=MAYBE_TEXT,
        tracking_number=MAYBE_TEXT,
        tracking_url=MAYBE_TEXT,
        lines=st.none() | parcel_lines,
    )
    times = st.none() | INSTANTS
    return st.builds(Reported, COUNTS | st.just(0), st.lists(report, max_size=2).map(tuple), times, times)


def amounts(currency: Currency) -> st.SearchStrategy[Money]:
    """Any amount of a currency, of either sign."""
    return st.builds(Money, st.integers(-(10**24), 10**24), st.just(currency))


def lines(currency: Currency) -> st.SearchStrategy[Line]:
    """Any line."""
    return st.builds(
        Line,
        line_id=KEYS,
        product_id=KEYS,
        quantity=COUNTS,
        price=amounts(currency),
        discount=amounts(currency),
        tax_rate=RATES,
        name=MAYBE_TEXT,
        sku=MAYBE_TEXT,
    )


def parcels(line_ids: Sequence[str]) -> st.SearchStrategy[Parcel]:
    """Any parcel of these lines."""
    contents = (
        st.lists(st.builds(ParcelLine, st.sampled_from(line_ids), COUNTS), max_size=3) if line_ids else st.just([])
    )
    return st.builds(
        Parcel,
        parcel_id=KEYS,
        carrier=TEXTS,
        tracking_number=TEXTS,
        lines=contents.map(tuple),
        shipped_at=INSTANTS,
        tracking_url=MAYBE_TEXT,
        delivered_at=st.none() | INSTANTS,
        delivered_in=st.none() | COUNTS,
    )


def addresses() -> st.SearchStrategy[Address]:
    """Any address."""
    return st.builds(Address, *[MAYBE_TEXT] * 8)


def documents() -> st.SearchStrategy[Document]:
    """Any document."""
    return st.builds(
        Document,
        status=st.sampled_from(DocumentStatus),
        version=COUNTS,
        at=INSTANTS,
        key=MAYBE_TEXT,
        sha256=MAYBE_TEXT,
        size_bytes=st.integers(0, 10**9),
    )


def events() -> st.SearchStrategy[OrderEvent]:
    """Any event."""
    values = st.recursive(
        TEXTS | st.booleans() | st.none() | st.integers(-(10**18), 10**18),
        lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3),
        max_leaves=6,
    )
    parts: dict[str, st.SearchStrategy[Any]] = {
        "tenant_id": KEYS,
        "order_id": st.builds(new_order_id, INSTANTS, st.integers(0, 2**80 - 1)),
        "sequence": COUNTS,
        "version": COUNTS,
        "type": st.sampled_from(EventType),
        "at": INSTANTS,
        "actor": st.builds(Actor, TEXTS, TEXTS),
        "data": st.dictionaries(TEXTS, values, max_size=4),
        "reason": MAYBE_TEXT,
        "changed": st.lists(TEXTS, max_size=3).map(tuple),
        "traceparent": MAYBE_TEXT,
        "epoch": COUNTS,
        "receipt": st.none()
        | st.builds(
            a_receipt,
            key=TEXTS,
            fingerprint=TEXTS,
            status=st.integers(200, 599),
            headers=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
            body=st.binary(max_size=40),
        ),
        "expires_at": st.none() | WHOLE_SECONDS,
    }
    assert parts.keys() == {each.name for each in fields(OrderEvent)}, "a field that nothing tests"
    return st.builds(OrderEvent, **parts)
