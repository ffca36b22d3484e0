"""Defines the field types of request bodies: bounded, normalised text and exact numbers.

Checks made here in code are declared in the JSON Schema as well (``JsonSchemaExtra``), as far as JSON Schema can
express them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError
from typing_extensions import TypeAliasType

from orders.adapters.wire.json_body import OversizedNumber
from orders.adapters.wire.mail_address import MAX_ADDRESS_CHARACTERS, UndeliverableAddress, deliverable
from orders.adapters.wire.text import (
    LINES_PATTERN,
    ONE_LINE_PATTERN,
    lines,
    normal,
    one_line,
    shown,
    without_unseen,
)
from orders.domain.cards import LONGEST_GTIN, holds_card_number
from orders.domain.identity import KEY_PATTERN
from orders.domain.pricing.currencies import CURRENCIES, WITHDRAWN
from orders.domain.pricing.money import MAX_AMOUNT, MAX_UNIT_PRICE_MINOR

MAX_TIME_CHARACTERS = 40
MAX_METADATA = 20
_MAX_WHOLE_DIGITS = 18
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class RequestModel(BaseModel):
    """A part of a request: unknown fields are refused, types are taken as they are, never converted.

    Its representation in logs and errors names the fields that are present, never their values.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )
    SET_BY_SERVICE: ClassVar[frozenset[str]] = frozenset()
    """Fields that responses have beside these, and that requests must not set."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yields the names of the given fields, for pydantic's ``__repr__``."""
        return ((None, name) for name in type(self).model_fields if name in self.model_fields_set)


@dataclass(frozen=True, slots=True, eq=False)  # by identity, so that unions of annotated types can hash it
class JsonSchemaExtra:
    """Adds to a type's JSON Schema; checks nothing."""

    more: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Adds to the schema; called by pydantic."""
        return handler(core_schema) | dict(self.more)


def without_card(text: str) -> str:
    """Returns the text unchanged. Raises: PydanticCustomError: it holds a card number."""
    if holds_card_number(text):
        raise _card_number()
    return text


def _card_number() -> PydanticCustomError:
    # The message must not repeat the number.
    return PydanticCustomError("card_number", "this holds a card number, which we never take; send it without")


def _without_card_in_catalogue(text: str) -> str:
    """Refuses card numbers longer than trade item numbers, which are usual here: one in ten passes for a card's."""
    if holds_card_number(text, longer_than=LONGEST_GTIN):
        raise _card_number()
    return text


def _deliverable(address: str) -> str:
    try:
        return deliverable(address)
    except UndeliverableAddress as error:
        raise PydanticCustomError("mail_address", "this must be {what}", {"what": str(error)}) from None


def _number(value: Any) -> Any:
    """Converts decimals and integers to ``Decimal``; refuses booleans and numbers in quotes."""
    if isinstance(value, OversizedNumber):
        raise PydanticCustomError("number_size", "the number has too many digits")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number_type", "this must be a JSON number such as 59.98, without quotes")
    if isinstance(value, int) and abs(value) >= 10**30:
        raise PydanticCustomError("number_size", "the number is too large")
    return Decimal(value)


def _whole(value: Any) -> Any:
    """Converts a decimal without a fraction to an integer; checks its size first: ``1E999999`` costs nothing."""
    if isinstance(value, Decimal) and value.adjusted() < _MAX_WHOLE_DIGITS and value == value.to_integral_value():
        return int(value)
    return value


def _moment(value: Any) -> Any:
    """Parses an RFC 3339 time with an offset; returns it in UTC, cut to milliseconds."""
    if not isinstance(value, str) or len(value) > MAX_TIME_CHARACTERS:
        raise PydanticCustomError("time_type", "this must be an RFC 3339 time such as 2026-03-01T12:00:00Z")
    moment = parse_time(value)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse_time(text: str) -> datetime:
    """Parses an RFC 3339 time; returns it in UTC. Raises: PydanticCustomError, with the right form in its message."""
    upper = text.upper()
    wrong_form = PydanticCustomError("time_form", "this must be an RFC 3339 time such as 2026-03-01T12:00:00Z")
    try:
        moment = datetime.fromisoformat(upper)
    except ValueError:
        raise wrong_form from None
    if moment.tzinfo is None or "T" not in upper:
        raise PydanticCustomError("time_offset", "the time needs an offset, as in 2026-03-01T12:00:00Z")
    if not _RFC3339.fullmatch(upper):
        # ISO 8601 has many more forms, such as 20260301T1200Z.
        raise wrong_form
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_form", "the time is out of range") from None


def _few(value: Any) -> Any:
    """Refuses a mapping with more members than metadata may have, before each of them makes a fault."""
    if isinstance(value, Mapping) and len(value) > MAX_METADATA:
        found = {"field_type": "Dictionary", "max_length": MAX_METADATA, "actual_length": len(value)}
        raise PydanticKnownError("too_long", found)
    return value


_Normal = BeforeValidator(normal)
"""Stands after the lengths, so that it runs before them."""
_Seen = BeforeValidator(without_unseen)
"""Runs before the lengths too, for free texts; identifiers stay as they were given."""
_OneLine = AfterValidator(one_line)
_FreeText = AfterValidator(without_card)
_one_line_schema = JsonSchemaExtra({"pattern": ONE_LINE_PATTERN})

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), _Seen, _OneLine, _FreeText, _one_line_schema]
Short = Annotated[str, StringConstraints(min_length=1, max_length=100), _Seen, _OneLine, _FreeText, _one_line_schema]
Long = Annotated[str, StringConstraints(min_length=1, max_length=500), _Seen, _OneLine, _FreeText, _one_line_schema]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40), _Seen, _OneLine, _FreeText, _one_line_schema]
PostalCode = Annotated[
    str, StringConstraints(min_length=1, max_length=20), _Seen, _OneLine, _FreeText, _one_line_schema
]

_Shown = AfterValidator(shown)
Carrier = Annotated[
    str, StringConstraints(min_length=1, max_length=100), _Normal, _OneLine, _Shown, _FreeText, _one_line_schema
]
TrackingNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=100), _Normal, _OneLine, _Shown, _one_line_schema
]
"""A carrier's number of a parcel; it may look like a card number and is none."""

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN), _FreeText]
"""Ids that shops give: tenant, customer, line; names of metadata. Whoever chooses them can put a card number there."""

Metadata = Annotated[dict[Key, Long], Field(max_length=MAX_METADATA), BeforeValidator(_few)]
"""The caller's own names and texts."""

_Catalogue = AfterValidator(_without_card_in_catalogue)
ProductId = Annotated[str, StringConstraints(pattern=KEY_PATTERN), _Catalogue]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=100), _Normal, _OneLine, _Catalogue, _one_line_schema]

Number = Annotated[Decimal, BeforeValidator(_number)]
"""An exact decimal."""

Amount = Annotated[Number, JsonSchemaExtra({"minimum": 0, "exclusiveMaximum": MAX_AMOUNT})]
"""Money; its decimal places depend on the currency, and the domain checks them."""

UnitPrice = Annotated[Number, JsonSchemaExtra({"minimum": 0, "maximum": MAX_UNIT_PRICE_MINOR})]
"""The price of one unit: 10⁹ minor units at most; the schema's bound is exact where the currency has no decimals.

Fields of it say so in their descriptions, for a schema can't: 10,000,000.00 ZAR, 1,000,000,000 JPY.
"""

Rate = Annotated[Number, JsonSchemaExtra({"minimum": 0, "maximum": 1})]
"""A fraction, such as 0.15 for 15 %."""

Moment = Annotated[datetime, BeforeValidator(_moment), JsonSchemaExtra({"maxLength": MAX_TIME_CHARACTERS})]

# The form in responses; requests may have any domain, which JSON Schema can't express.
_EMAIL = (
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$"
)
_COUNTRY = r"^[A-Z]{2}$"
_CURRENCY = r"^[A-Z]{3}$"
_LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
_LAST4 = r"^[0-9]{4}$"
# Quotes are escaped: some generators of clients put patterns between quotes without escaping them.
_URL = r"^https?://[^\s<>\u0022\u0027`\\{}|^\u0000-\u001F\u007F-\u009F]+$"
_VISIBLE_ASCII = r"^[\x21-\x7e]{1,255}$"

PATTERNS: Mapping[str, str] = {
    KEY_PATTERN: "1 to 64 letters, digits, '_', '.' and '-'",
    _COUNTRY: "two capital letters such as ZA",
    _CURRENCY: "three capital letters such as ZAR",
    _LOCALE: "a language tag such as en-ZA",
    _LAST4: "the last four digits",
    _URL: "an address such as https://carrier.example/track/1, without blanks",
    _VISIBLE_ASCII: "1 to 255 visible ASCII characters",
}
"""Descriptions of the patterns, to end a sentence that begins with: this must be."""

Email = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS_CHARACTERS),
    AfterValidator(_deliverable),
    _FreeText,
]
"""An address as given; an international domain is converted to the form that mail is delivered to, `xn--...`."""
DeliverableEmail = Annotated[str, StringConstraints(max_length=MAX_ADDRESS_CHARACTERS, pattern=_EMAIL)]
"""An address as it is stored and returned."""
Notes = Annotated[
    str,
    StringConstraints(max_length=2000),
    _Seen,
    AfterValidator(lines),
    _FreeText,
    JsonSchemaExtra({"pattern": LINES_PATTERN}),
]
Country = Annotated[str, StringConstraints(pattern=_COUNTRY)]
_SINCE_PROMISED = {code for code, each in WITHDRAWN.items() if each.since >= date(2026, 1, 1)}
"""Currencies withdrawn since this API was first promised: old orders may use them, new ones must not."""
CurrencyCode = TypeAliasType(
    "CurrencyCode",
    Annotated[
        str,
        StringConstraints(pattern=_CURRENCY),
        JsonSchemaExtra({"enum": sorted(CURRENCIES.keys() | _SINCE_PROMISED), "description": "ISO 4217."}),
    ],
)
Locale = Annotated[str, StringConstraints(pattern=_LOCALE, max_length=35), _FreeText]
Last4 = Annotated[str, StringConstraints(pattern=_LAST4)]
Url = Annotated[str, StringConstraints(max_length=500, pattern=_URL), _OneLine]
"""A URL; not checked for card numbers, since a parcel's holds its tracking number."""
Token = Annotated[str, StringConstraints(pattern=_VISIBLE_ASCII)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_whole)]
"""A whole number, also written ``2.0``, which is the same to JSON Schema and to many JSON writers."""
Version = Annotated[int, Field(ge=1, le=999_999_999), BeforeValidator(_whole)]
"""An order's version; nine digits at most, as in an ETag."""
