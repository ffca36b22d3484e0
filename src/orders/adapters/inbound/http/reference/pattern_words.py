"""Says in words what the regular expressions of the document's schemas ask for.

A pattern without words fails a test, so that none is left for people to decipher.
"""

from collections.abc import Mapping

from orders.adapters.inbound.http.requests import preconditions
from orders.adapters.wire.fields import PATTERNS
from orders.adapters.wire.text import LINES_PATTERN, ONE_LINE_PATTERN
from orders.domain.identity import ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN, TYPED_NUMBER_PATTERN

_BASE32 = "of Crockford's base 32 (digits, and capital letters without I, L, O and U)"
_ID = f"ord_ and 26 characters {_BASE32}"
_ETAG = 'a version and 8 hexadecimal digits in double quotes, such as "3-9d6cb1f4"'

WORDS: Mapping[str, str] = {
    **PATTERNS,
    ORDER_ID_PATTERN: _ID,
    ORDER_NUMBER_PATTERN: f"BB, three groups of four characters {_BASE32}, and one more, joined by hyphens",
    f"{ORDER_ID_PATTERN}|{TYPED_NUMBER_PATTERN}": (
        f"{_ID}; or BB and 13 letters and digits, in any case, with a hyphen before each or without"
    ),
    ONE_LINE_PATTERN: "one line that shows something: no line breaks, no control characters, none that hide text",
    LINES_PATTERN: "any text, lines too; no control characters, none that hide text",
    preconditions.KEY_PATTERN: (
        f"1 to {preconditions.MAX_KEY_CHARACTERS} visible ASCII characters; or as many in double quotes, in which "
        "quotes and backslashes stand behind a backslash"
    ),
    f"{preconditions.TAG_PATTERN}|^[*]$|{preconditions.TAGS_PATTERN}": (
        f"an ETag as it was answered: {_ETAG}; or several, separated by commas; or *"
    ),
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$": (
        "a time in UTC with milliseconds, such as 2026-03-02T08:15:04.120Z"
    ),
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$": (
        "a mail address, its domain in ASCII"
    ),
    r"^ord_[0-9A-Z]{26}\.[1-9][0-9]*\.[0-9]{10}$": (
        "the order's id, the writer's epoch and the sequence, joined by dots"
    ),
    "^/tenants/[^/]+/orders/[^/]+$": "/tenants/, the shop, /orders/, and the order's id",
    "^[0-9]{10}$": "10 digits, with zeros in front",
    "^(/([^~/]|~[01])*)*$": "a JSON pointer, such as /items/0/quantity",
    "^[a-z][a-z0-9_]{0,63}$": "1 to 64 lower-case letters, digits and '_', a letter first",
    r"^[0-9]+(\.[0-9]+)?$": "a decimal number without sign, such as 59.98",
    "^[0-9a-f]{64}$": "64 hexadecimal digits in lower case",
    "^[a-z][a-z0-9_]*$": "lower-case letters, digits and '_', a letter first",
    r"^3\.1\.": "begins with 3.1.",
    "^par_[1-9][0-9]*$": "par_ and a number from 1",
    "^[a-z]+(-[a-z]+)*$": "lower-case words, joined by hyphens",
    "^[A-Za-z][A-Za-z0-9]*$": "letters and digits, a letter first",
    "^[A-Za-z0-9_-]+$": "letters, digits, '_' and '-'",
    '^"[1-9][0-9]*-[0-9a-f]{8}"$': _ETAG,
    '^"[a-z]+";r=[0-9]+;t=[0-9]+$': 'such as "default";r=19999;t=1',
    '^"[a-z]+";q=[0-9]+;w=[0-9]+$': 'such as "default";q=20000;w=2',
    "^@[0-9]+$": "@ and seconds since 1970, such as @1790812800",
}
"""Words by pattern, to follow the name of a type; a test compares them with the document."""
