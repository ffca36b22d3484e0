"""JSON to and from other services: exact numbers, unknown members ignored, missing ones reported."""

from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from orders.domain.errors import InvalidAmount
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money

_MAX_NUMBER_CHARACTERS = 64


class BrokenAnswer(Exception):
    """A response does not match docs/integrations; the message names the errors, without values."""


def _number(text: str) -> Decimal:
    # Never through a float; and the number of digits is bounded, since parsing a million takes too long.
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise ValueError("a number with too many digits")
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("a number with more of an exponent than a decimal can have") from None


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """Parses a JSON text, with fractions and exponents as ``Decimal``. Raises: BrokenAnswer."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BrokenAnswer(f"no JSON: {error}") from None


def encode(value: object) -> bytes:
    """Writes a JSON text; decimals become numbers with exactly their digits."""
    return _ENCODER.encode(value)


def _exact(value: Any) -> Any:
    """Parses a number, given as a JSON number or as a string by services that avoid floats."""
    if isinstance(value, str) and len(value) <= _MAX_NUMBER_CHARACTERS:
        try:
            return Decimal(value)
        except ArithmeticError:
            raise ValueError("no decimal number") from None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError("no decimal number")


Amount = Annotated[Decimal, BeforeValidator(_exact)]


class AnswerModel(BaseModel):
    """The base of other services' responses; unknown members are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


_Model = TypeVar("_Model", bound=AnswerModel)


def read(model: type[_Model], value: Any) -> _Model:
    """Validates the value against the model. Raises: BrokenAnswer."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = (f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:5])
        raise BrokenAnswer("; ".join(listed)) from None


def money(amount: Decimal, currency: Currency, *, of: str) -> Money:
    """Returns the amount in the requested currency, not negative. Raises: BrokenAnswer."""
    try:
        parsed = Money.parse(amount, currency)
    except InvalidAmount as error:
        raise BrokenAnswer(f"{of}: {error}") from None
    if parsed.minor < 0:
        raise BrokenAnswer(f"{of}: it is negative")
    return parsed
