"""Checks text by one policy for everything that people type ([SEC-6]).

Text is normalised to NFC (UAX 15) before its length is checked, so that decomposed characters, as Macs send them, count
as they are shown. Refused everywhere, by name:

- control characters, except line breaks and tabs where a text may have lines;
- characters that reverse the direction of text beyond their own field: embeddings, overrides and isolates
  (U+202A-202E, U+2066-2069; CVE-2021-42574); the marks U+200E, U+200F and U+061C do no harm and pass;
- characters that carry invisible text: tags (U+E0000-E007F), interlinear annotations, byte order marks;
- code points that are no characters (U+FDD0-FDEF, U+FFFE, U+FFFF);
- more than 30 combining marks in a row, which no language has (UAX 15, section 13) and which take quadratic time.

Joiners, variation selectors, soft hyphens and zero-width spaces pass where scripts and emoji need them; elsewhere they
are invisible, and are removed from free texts (``domain/canonical.py``). Identifiers stay as they were given, and are
compared without them. A text of such characters alone is blank.
"""

import re
import unicodedata
from typing import Any

from pydantic_core import PydanticCustomError

from orders.domain.canonical import canonical, visible

MAX_CHARACTERS = 8000
"""Longer than any field may be: such a text is not normalised."""
MAX_MARKS = 30

# In syntax that the regular expressions of Python and ECMA 262 share, for JSON Schema. They share none for tags.
_HIDDEN = r"\u202A-\u202E\u2066-\u2069\uFDD0-\uFDEF\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF"
_REFUSED = r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F" + _HIDDEN
_REFUSED_IN_ONE_LINE = r"\u0000-\u001F\u007F-\u009F\u2028\u2029" + _HIDDEN
_SHOWN_AS_NOTHING = (
    r"\s\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2060-\u2064\u2800\u3164"
    r"\uFE00-\uFE0F\uFFA0"
)
LINES_PATTERN = rf"^[^{_REFUSED}]*$"
"""The pattern in JSON Schema of a text that may have lines."""
ONE_LINE_PATTERN = (
    rf"^[^{_REFUSED_IN_ONE_LINE}]*[^{_REFUSED_IN_ONE_LINE}{_SHOWN_AS_NOTHING}][^{_REFUSED_IN_ONE_LINE}]*$"
)
"""The pattern in JSON Schema of a text of one line that is not blank."""

_IS_REFUSED = re.compile(rf"[{_REFUSED}\U000E0000-\U000E007F]")
_IS_BREAK = re.compile(r"[\t\n\r\u2028\u2029]")
_IS_BLANK = re.compile(f"[{_SHOWN_AS_NOTHING}]*")
_MAY_BE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{MAX_MARKS + 1}}}")


def normal(text: Any) -> Any:
    """Normalises a text to NFC; leaves other values and too long texts unchanged. Raises: PydanticCustomError."""
    if not isinstance(text, str) or text.isascii() or len(text) > MAX_CHARACTERS:
        return text
    if _MAY_BE_MARKS.search(text) and _has_too_many_marks(text):
        raise PydanticCustomError("combining_marks", "there are too many combining marks in a row")
    return unicodedata.normalize("NFC", text)


def without_unseen(text: Any) -> Any:
    """Removes invisible characters, and normalises as ``normal`` does. Raises: PydanticCustomError."""
    if not isinstance(text, str) or text.isascii() or len(text) > MAX_CHARACTERS:
        return text
    # A text of invisible characters alone becomes a blank, which is refused where a text must not be blank.
    return normal(visible(text) or " ")


def shown(text: str) -> str:
    """Returns the identifier unchanged if it has characters to compare by. Raises: PydanticCustomError."""
    if not canonical(text):
        raise _blank()
    return text


def lines(text: str) -> str:
    """Returns the text unchanged if it has no refused characters. Raises: PydanticCustomError."""
    found = _IS_REFUSED.search(text)
    if found is None:
        return text
    if unicodedata.category(found[0]) == "Cc":
        raise PydanticCustomError("control_character", "control characters are not allowed")
    name = f"U+{ord(found[0]):04X}"
    raise PydanticCustomError("hidden_character", f"{name} is not allowed: it hides text or turns it around")


def one_line(text: str) -> str:
    """Strips blanks around the text, and checks that it is one line and not blank. Raises: PydanticCustomError."""
    if _IS_BREAK.search(text):
        raise PydanticCustomError("line_break", "line breaks and tabs are not allowed here")
    stripped = lines(text).strip()
    if _IS_BLANK.fullmatch(stripped):
        raise _blank()
    return stripped


def _blank() -> PydanticCustomError:
    return PydanticCustomError("blank", "the text is blank; leave the field out instead")


def _has_too_many_marks(text: str) -> bool:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            return True
    return False
