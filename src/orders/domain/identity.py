"""Order ids, the order numbers that people read aloud, and the format of every other identifier.

Ids are ``ord_`` and 26 characters of Crockford's base32 (https://www.crockford.com/base32.html): 48 bits of
milliseconds and 80 random bits, as in a ULID, or 130 bits of a hash where an idempotency key names the order.
"""

import re
from datetime import datetime
from hashlib import sha256

from orders.domain.canonical import canonical
from orders.domain.errors import InvalidIdentifier, InvalidOrderNumber

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_SYMBOLS = ALPHABET + "*~$=U"
_WITHOUT_GAPS = str.maketrans("", "", "- ")
_SPELLINGS = str.maketrans("OIL", "011")
ORDER_ID_PATTERN = r"^ord_[0-9A-HJKMNP-TV-Z]{26}$"
ORDER_NUMBER_PATTERN = r"^BB-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-Z]$"
TYPED_NUMBER_PATTERN = r"^[Bb]{2}(?:-?[0-9A-Za-z]){13}$"
"""The forms of an order number that are plain ASCII without blanks; ``parse_order_number`` takes more."""
KEY_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
RANDOM_BITS = 80
MAX_TYPED_CHARACTERS = 64
"""Longer than anybody writes an order number, whatever was pasted along."""

_ORDER_ID = re.compile(ORDER_ID_PATTERN)
_KEY = re.compile(KEY_PATTERN)
_NUMBER_BODY = re.compile(r"^[0-9A-HJKMNP-TV-Z]{12}[0-9A-HJKMNP-Z*~$=]$")


def encode(value: int, length: int) -> str:
    """Encodes a number in Crockford base32, most significant character first."""
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(5 * (length - 1), -5, -5))


def new_order_id(at: datetime, randomness: int) -> str:
    """Makes an id that sorts by its millisecond; ``randomness`` is 80 unguessable bits."""
    milliseconds = int(at.timestamp() * 1000)
    return "ord_" + encode((milliseconds << RANDOM_BITS) | (randomness & ((1 << RANDOM_BITS) - 1)), 26)


def derived_order_id(*, tenant_id: str, principal: str, key: str) -> str:
    """Derives the id from an idempotency key of one principal of one tenant: the same key, the same order."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    parts = "".join(f"{len(part)}:{part}" for part in ("order-id-v1", tenant_id, principal, key))
    digest = int.from_bytes(sha256(parts.encode()).digest())
    return "ord_" + encode(digest >> (256 - 130), 26)


def is_order_id(text: str) -> bool:
    """Returns whether the text has the format of an order id."""
    return _ORDER_ID.fullmatch(text) is not None


def check_order_id(text: str) -> str:
    """Returns the text if it is an order id. Raises: InvalidIdentifier."""
    if not is_order_id(text):
        raise InvalidIdentifier("this is no order id; one is ord_ and 26 letters and digits")
    return text


def read_order_id(text: str) -> str:
    """Normalises a pasted order id. Raises: InvalidIdentifier."""
    if is_order_id(text):
        return text
    prefix, underscore, rest = canonical(text[:MAX_TYPED_CHARACTERS]).partition("_")
    return check_order_id(prefix + underscore + rest.upper())


def is_key(text: str) -> bool:
    """Returns whether the text can be a tenant, customer or product id, or another key."""
    return _KEY.fullmatch(text) is not None


def check_key(text: str, what: str) -> str:
    """Returns the text if it can be a tenant, customer or product id or another key. Raises: InvalidIdentifier."""
    if not is_key(text):
        raise InvalidIdentifier(f"{what} is not valid; it is 1 to 64 of letters, digits, '_', '.' and '-'")
    return text


def order_number(order_id: str) -> str:
    """Returns the order's number: 60 bits of the id's hash and Crockford's mod 37 check symbol.

    37 is prime and 32's powers differ modulo 37 over this length, so one wrong character and any two characters
    swapped are always detected. Candidates whose check symbol would be one of ``*~$=`` are skipped: numbers are read
    aloud and put into URLs.
    """
    for attempt in range(256):
        digest = sha256(f"order-number-v1:{attempt}:{order_id}".encode()).digest()
        value = int.from_bytes(digest) >> (256 - 60)
        check = _CHECK_SYMBOLS[value % 37]
        if check.isalnum():
            body = encode(value, 12)
            return f"BB-{body[:4]}-{body[4:8]}-{body[8:]}-{check}"
    raise AssertionError("256 hashes in a row without a letter or digit to check them")


def parse_order_number(text: str) -> str:
    """Normalises an order number as typed or pasted ([DOM-6]).

    Accepts any case and width, O for 0, I or L for 1; hyphens and blanks of every kind, or none; invisible characters.

    Raises:
        InvalidOrderNumber: not an order number, or one with a typo or a swap.
    """
    if len(text) > MAX_TYPED_CHARACTERS:
        raise InvalidOrderNumber(text, mistyped=False)
    compact = canonical(text).translate(_WITHOUT_GAPS).upper()
    if not compact.startswith("BB") or len(compact) != 15:
        raise InvalidOrderNumber(text, mistyped=False)
    body = compact[2:].translate(_SPELLINGS)
    if not _NUMBER_BODY.fullmatch(body):
        raise InvalidOrderNumber(text, mistyped=False)
    value = 0
    for character in body[:12]:
        value = value * 32 + ALPHABET.index(character)
    if _CHECK_SYMBOLS[value % 37] != body[12]:
        raise InvalidOrderNumber(text, mistyped=True)
    return f"BB-{body[:4]}-{body[4:8]}-{body[8:12]}-{body[12]}"
