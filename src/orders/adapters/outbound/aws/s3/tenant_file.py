"""Parses a shop's profile in the templates bucket: ``tenants/{tenant}/profile.json``."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orders.adapters.wire.mail_address import UndeliverableAddress, deliverable
from orders.domain.errors import InvalidAmount, UnknownCurrency
from orders.domain.identity import KEY_PATTERN
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, parse_rate
from orders.domain.pricing.price_rules import PriceRules
from orders.ports.tenants import TenantProfile

MAX_PROFILE_BYTES = 1024 * 1024

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class BrokenProfile(Exception):
    """A profile file is invalid; the message names every error, without values."""


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("no line breaks or other control characters")
    return text


def _known_currency(code: str) -> str:
    try:
        return Currency.of(code).code
    except UnknownCurrency as error:
        raise ValueError(str(error)) from None


def _mail_address(text: str) -> str:
    try:
        return deliverable(text)
    except UndeliverableAddress as error:
        raise ValueError(f"mail can't be sent to it: it must be {error}") from None


def _tax_rate(rate: Decimal) -> Decimal:
    try:
        return parse_rate(rate)
    except InvalidAmount as error:
        raise ValueError(str(error)) from None


def _amounts(listed: dict[str, tuple[Decimal, ...]]) -> dict[str, tuple[Decimal, ...]]:
    """Parses amounts by currency. Raises: ValueError: one of them is not an amount."""
    for code, amounts in listed.items():
        for amount in amounts:
            if _money(amount, code).minor < 0:
                raise ValueError(f"{amount} {code}: an amount is not negative")
    return listed


def _money(amount: Decimal, code: str) -> Money:
    try:
        return Money.parse(amount, Currency.of(code))
    except InvalidAmount as error:
        raise ValueError(str(error)) from None


_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]
_EmailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mail_address)]

_TaxRate = Annotated[Decimal, AfterValidator(_tax_rate)]
_Amounts = Annotated[tuple[Decimal, ...], Field(min_length=1, max_length=100)]
_ProductId = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
_OF_PRICES = {"prices", "tax_rates", "shipping_amounts", "free_products"}


class ProfileFile(BaseModel):
    """The schema of a profile file. Only ``name`` is required; docs/profiles.md describes it to shops."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: _Text
    currency: Annotated[str, AfterValidator(_known_currency)] = "ZAR"
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    staff_addresses: Annotated[tuple[_EmailAddress, ...], Field(max_length=50)] = ()
    reply_to: _EmailAddress | None = None
    website: Annotated[_Text, StringConstraints(pattern=r"^https?://")] | None = None
    phone: _Text | None = None
    address: Annotated[tuple[_Text, ...], Field(max_length=10)] = ()
    tax_number: _Text | None = None
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#1f4f82"
    logo: Annotated[str, StringConstraints(pattern=r"^data:image/(png|jpeg|svg\+xml)[;,]")] | None = None

    prices: Literal["as_ordered"] | None = None
    tax_rates: Annotated[tuple[_TaxRate, ...], Field(min_length=1, max_length=100)] | None = None
    shipping_amounts: Annotated[dict[str, _Amounts], Field(min_length=1), AfterValidator(_amounts)] | None = None
    free_products: Annotated[tuple[_ProductId, ...], Field(max_length=1000)] = ()

    def to_profile(self, tenant_id: str) -> TenantProfile:
        """Returns the profile as the ports define it."""
        shown = self.model_dump(exclude=_OF_PRICES)
        return TenantProfile(tenant_id=tenant_id, price_rules=self._price_rules(), **shown)

    def _price_rules(self) -> PriceRules:
        listed = self.shipping_amounts
        return PriceRules(
            as_ordered=self.prices == "as_ordered",
            tax_rates=None if self.tax_rates is None else frozenset(self.tax_rates),
            shipping_amounts=None
            if listed is None
            else frozenset(_money(amount, code) for code, amounts in listed.items() for amount in amounts),
            free_products=frozenset(self.free_products),
        )


def parse_profile(content: bytes, *, tenant_id: str) -> TenantProfile:
    """Parses a profile file. Raises: BrokenProfile."""
    if len(content) > MAX_PROFILE_BYTES:
        raise BrokenProfile(f"{len(content)} bytes; at most {MAX_PROFILE_BYTES} are read")
    try:
        return ProfileFile.model_validate_json(content).to_profile(tenant_id)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise BrokenProfile("; ".join(_described(fault["loc"], fault["msg"]) for fault in faults)) from None


def _described(location: tuple[Any, ...], message: str) -> str:
    place = ".".join(str(step) for step in location)
    return f"{place}: {message}" if place else message
