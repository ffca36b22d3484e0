"""One mask for personal data and secrets, by key and by pattern, at any depth ([SEC-4]).

By key: what our own data, and other people's, call it. By pattern: what gives itself away in any text. A name or an
address in a sentence does neither: such sentences must not be written in the first place, which is why errors that
nobody has foreseen are told by their kind only (``exceptions.py``).
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from orders.adapters.privacy.exceptions import safe_error_text
from orders.domain.cards import holds_card_number, without_card_numbers

MASK = "***"
MAX_DEPTH = 12
"""Deeper than anything that is worth logging; what refers to itself ends here as well."""

_PERSONAL_KEYS = frozenset((
    # people
    "name", "first_name", "last_name", "given_name", "family_name", "full_name", "customer_name", "recipient_name",
    "sender_name", "email", "mail_address", "notification_email", "phone", "phone_number", "mobile", "address",
    "addresses", "line1", "line2", "city", "region", "postal_code", "zip", "country", "recipient", "recipients",
    "recipient_hint", "to", "cc", "bcc", "reply_to", "customer", "billing_address", "shipping_address", "claims",
    # what people typed, and where it ends up
    "notes", "metadata", "reason", "text", "html", "body", "raw", "draft",
    "input", "input_value", "tracking_number", "tracking_url",
    # payment
    "payment", "card", "card_number", "pan", "cvv", "cvc", "token", "brand", "last4",
    # secrets
    "authorization", "proxy_authorization", "cookie", "set_cookie", "api_key", "apikey", "x_api_key", "password",
    "passwd", "secret", "secret_key", "secret_access_key", "aws_secret_access_key", "session_token",
    "aws_session_token", "security_token", "access_token", "refresh_token", "id_token", "credentials", "private_key",
    "signature", "idempotency_key",
))  # fmt: skip
_PERSONAL_ENDS = (
    "_email", "_phone", "_address", "_addresses", "_token", "_secret", "_password", "_api_key", "_authorization",
)  # fmt: skip

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    # What signs a link is the link (AWS Signature Version 4 and 2 in query strings).
    (
        ("signature", "x-amz-", "accesskeyid"),
        re.compile(
            r"(?i)\b(X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature)(=|%3D)[^&\s\"'<>\\]+"
        ),
        r"\1\2" + MASK,
    ),
    # RFC 7519: three parts of base64url, of which the first two begin with {".
    (("eyj",), re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*){0,3}"), MASK),
    # RFC 6750, 7617; a word is no credential: what follows has a digit, or is long.
    (
        ("bearer", "basic"),
        re.compile(r"(?i)\b(bearer|basic)(\s+|%20)(?=[\w~+/.=-]*\d|[\w~+/.=-]{16})[\w~+/.=-]{6,}"),
        r"\1\2" + MASK,
    ),
    # AWS access key ids; role and user ids (AROA, AIDA) are no secrets.
    (("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), MASK),
    # Our own API keys.
    (("bbws_",), re.compile(r"\bbbws_[\w-]{20,}"), MASK),
    # RFC 5321 and its internationalised form (RFC 6531), also inside an URL. Looked for from where a word begins, so
    # that a long text without an @ is gone through once.
    (
        ("@", "%40"),
        re.compile(
            r"(?<![\w.!#$%*+/^`{|}~-])(?:[\w.!#$*+/^`{|}~-]|%(?!40)|(?<=\w)['=](?=\w))+(?:@|%40)[\w-]+(?:\.[\w-]+)*"
        ),
        MASK,
    ),
    # E.164 with its plus sign, or 00 in its place, however it is grouped; times and offsets have other signs between.
    (("+", "%2b"), re.compile(r"(?i)(?<![\w+.:])(?:\+|%2B)[\s().-]?\d(?:[\s()./-]{0,2}\d){6,14}(?!\w)"), MASK),
    (("00",), re.compile(r"(?<![\w+.:/-])00[1-9](?:[ ()./-]{0,2}\d){7,13}(?![\w-])"), MASK),
)
"""Personal data recognised by its form: lower-case texts one of which must occur for a match; the pattern; its
replacement."""
_ANY_HINT = re.compile("|".join(re.escape(hint) for hints, _, _ in _PATTERNS for hint in hints))
"""Most texts have none: then no pattern is looked at."""

_NAMED = re.compile(r"(?<![\w-])(?P<key>[\w-]++)(?P<joint>\\*+[\"']?+\s*+(?::|=>?+)\s*+)")
_VALUE = re.compile(
    r"""(?isx)
      [bruf]{0,2} (?P<escape>\\*) (?P<quote>["']) .*? (?: (?<!\\)(?P=escape)(?P=quote) | \Z )
    | [({\[] (?: [^(){}\[\]] | [({\[] [^(){}\[\]]* [)}\]] )* (?: [)}\]] | [^\n]* )
    """
)
"""A value in quotes or brackets: of a repr, of JSON (escaped or not), of DynamoDB's wire format. A truncated value ends
with the text."""
_BARE_VALUE = re.compile(r"(?i)(?!None\b|null\b|\w+\(|\*)(?:(?:basic|bearer)(?:\s+|%20|\+))?[^\s\"'&,;(){}\[\]=]+")
"""A value without quotes, such as that of ``email=...`` in a query string or a log line."""

_NAME = re.compile(r"\S{1,64}")

_PLAIN = (bool, float, Decimal, datetime, date, time, timedelta, UUID, type(None))


@lru_cache(maxsize=4096)
def is_personal(key: str) -> bool:
    """Returns whether values under this key are personal or secret; ``postalCode`` and ``Postal-Code`` are one key."""
    plain = _HUMP.sub("_", key).replace("-", "_").replace(" ", "_").lower()
    return plain in _PERSONAL_KEYS or plain.endswith(_PERSONAL_ENDS)


def mask_text(text: str) -> str:
    """Masks what is recognised in the text: pairs of a personal key and a value, and patterns."""
    if "=" in text or ":" in text:
        text = _without_pairs(text)
    small = text.lower()
    if _ANY_HINT.search(small):
        for hints, pattern, replacement in _PATTERNS:
            if any(hint in small for hint in hints):
                text = pattern.sub(replacement, text)
    return without_card_numbers(text, MASK) if holds_card_number(text) else text


def _without_pairs(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for named in _NAMED.finditer(text):
        if named.start() < done or not is_personal(named["key"]):
            continue
        value = _VALUE.match(text, named.end())
        if value is None and named["joint"] == "=":
            value = _BARE_VALUE.match(text, named.end())
        if value is not None:
            pieces += [text[done : named.end()], MASK]
            done = value.end()
    return "".join([*pieces, text[done:]]) if pieces else text


def is_name(text: str) -> bool:
    """Returns whether the text can be a technical name (a field, an event type): one short word, no number."""
    return _NAME.fullmatch(text) is not None and mask_text(text) == text


def as_name(text: str) -> str:
    """Returns the text in quotes if it can be a technical name, else a description of it."""
    return repr(text) if is_name(text) else f"a text of {len(text)} characters"


def mask(value: Any, *, depth: int = MAX_DEPTH) -> Any:
    """Masks the value: mappings, sequences, dataclasses and models by their keys, all text by patterns."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, _PLAIN) or (isinstance(value, int) and not _is_card(value)):
        return value
    text = _as_text(value)
    if text is not None:
        return mask_text(text)
    if depth <= 0:
        return MASK
    members = _members(value)
    if members is not None:
        return {mask_text(key): _under(key, each, depth - 1) for key, each in members}
    if isinstance(value, list | tuple | AbstractSet):
        return [mask(each, depth=depth - 1) for each in value]
    return mask_text(_represented(value))


def mask_argument(value: Any) -> Any:
    """Masks an argument before it is formatted into a text: containers and errors by ``mask``; others unchanged."""
    composed = isinstance(value, BaseException | bytes | list | tuple | AbstractSet) or _members(value) is not None
    return mask(value) if composed else value


def _under(key: str, value: Any, depth: int) -> Any:
    return MASK if is_personal(key) and value is not None else mask(value, depth=depth)


def _is_card(value: int) -> bool:
    return value.bit_length() < 64 and holds_card_number(str(value))


def _as_text(value: Any) -> str | None:
    """Returns a scalar value as text; ``None`` for containers."""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    return safe_error_text(value) if isinstance(value, BaseException) else None


def _members(value: Any) -> Iterable[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        # Headers have their names as bytes.
        return ((key.decode("latin-1") if isinstance(key, bytes) else str(key), each) for key, each in value.items())
    names: Iterable[str] | None = None
    if isinstance(value, BaseModel):
        names = type(value).model_fields
    elif is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value))
    return None if names is None else ((name, getattr(value, name, None)) for name in names)


def _represented(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a log line is no place to fail
        return f"<{type(value).__name__}>"
