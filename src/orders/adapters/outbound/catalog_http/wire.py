"""JSON to and from other services: numbers are exact, what they add is passed over, what is missing is named."""

from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from orders.domain.errors import InvalidAmount
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money

_MAX_NUMBER_CHARACTERS = 64


class BrokenAnswer(Exception):
    """An answer is not what docs/integrations says; the message names what is wrong, without values."""


def _number(text: str) -> Decimal:
    # Never by way of a float; and a number of a million digits is not worth the time that it takes.
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise ValueError("a number with too many digits")
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("a number with more of an exponent than a decimal can have") from None


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """The value of a JSON text; numbers with a point or an exponent as ``Decimal``. Raises: BrokenAnswer."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BrokenAnswer(f"no JSON: {error}") from None


def encode(value: object) -> bytes:
    """A JSON text; decimals as numbers with exactly their digits."""
    return _ENCODER.encode(value)


def _exact(value: Any) -> Any:
    """A JSON number, or the same as text, as services write that want no reader to use floats."""
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
    """What another service answers; members that it adds are none of our business."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


_Model = TypeVar("_Model", bound=AnswerModel)


def read(model: type[_Model], value: Any) -> _Model:
    """The value as that model. Raises: BrokenAnswer."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = (f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:5])
        raise BrokenAnswer("; ".join(listed)) from None


def money(amount: Decimal, currency: Currency, *, of: str) -> Money:
    """The amount, not negative, in the currency that was asked for. Raises: BrokenAnswer."""
    try:
        parsed = Money.parse(amount, currency)
    except InvalidAmount as error:
        raise BrokenAnswer(f"{of}: {error}") from None
    if parsed.minor < 0:
        raise BrokenAnswer(f"{of}: it is negative")
    return parsed
