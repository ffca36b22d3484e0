"""Field types of request bodies: bounded, normalised text and exact numbers."""

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orders.domain.cards import holds_card_number
from orders.domain.identity import KEY_PATTERN

_LINE_BREAKS = {"\n", "\r", "\t"}


class RequestModel(BaseModel):
    """A part of a request: unknown fields are refused, types are taken as they are, never converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _plain(text: str) -> str:
    """NFC, without control characters."""
    normal = unicodedata.normalize("NFC", text)
    for character in normal:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _LINE_BREAKS:
            raise PydanticCustomError("control_character", "control characters are not allowed")
    return normal


def _one_line(text: str) -> str:
    normal = _plain(text).strip()
    if any(character in _LINE_BREAKS for character in normal):
        raise PydanticCustomError("line_break", "line breaks are not allowed here")
    if not normal:
        raise PydanticCustomError("blank", "the text is blank; leave the field out instead")
    return normal


def _without_card(text: str) -> str:
    if holds_card_number(text):
        # The message must not repeat it.
        raise PydanticCustomError("card_number", "this holds a card number, which we never take; send it without")
    return text


def _number(value: Any) -> Any:
    """Decimals and integers pass; booleans and numbers in quotes do not."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number_type", "this must be a JSON number such as 59.98, without quotes")
    if isinstance(value, int) and abs(value) >= 10**30:
        raise PydanticCustomError("number_size", "the number is too large")
    return Decimal(value)


def _moment(value: Any) -> Any:
    """An RFC 3339 time with an offset, in UTC, cut to milliseconds."""
    if not isinstance(value, str) or len(value) > 40:
        raise PydanticCustomError("time_type", "this must be an RFC 3339 time such as 2026-03-01T12:00:00Z")
    return parse_time(value)


def parse_time(text: str) -> datetime:
    """The moment an RFC 3339 text names. Raises: PydanticCustomError, saying what would be right."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("time_form", "this must be an RFC 3339 time such as 2026-03-01T12:00:00Z") from None
    if moment.tzinfo is None or "T" not in text.upper():
        raise PydanticCustomError("time_offset", "the time needs an offset, as in 2026-03-01T12:00:00Z")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_form", "the time is out of range") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_FreeText = AfterValidator(_without_card)
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line), _FreeText]
Short = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line), _FreeText]
Long = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_one_line), _FreeText]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_one_line), _FreeText]
PostalCode = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(_one_line), _FreeText]

TrackingNumber = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line)]
"""Carriers number parcels as they like; what looks like a card number here is none."""

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
"""Ids that shops give: tenant, customer, product."""

Number = Annotated[Decimal, BeforeValidator(_number)]
"""An exact decimal."""

Moment = Annotated[datetime, BeforeValidator(_moment)]

Email = Annotated[
    str,
    # RFC 5321's lengths; no quoting, comments or non-ASCII local parts, which no mail service delivers reliably.
    StringConstraints(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$",
    ),
]
Notes = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain), _FreeText]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35)]
Last4 = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Url = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^https?://[^\s<>\"'`\\{}|^]+$"), AfterValidator(_one_line)
]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
